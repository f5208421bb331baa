import { z } from 'zod';
import { Unavailable } from '../../errors.ts';
import { ignoreInvalidToken } from '../../runs/tokens.ts';
import { step } from '../step.ts';
import { releaseDeadRun } from './release-dead-run.ts';

/**
 * Finds locks whose run is over, and holders that were never told that they hold one. `stuck` counts those that
 * it could not free.
 */
export const sweepLocks = step({
  input: z.object({}),
  ports: [...releaseDeadRun.ports, 'locks', 'runs', 'workflows'],
  async run(_input, ports) {
    let released = 0;
    let stuck = 0;
    for (const lock of await ports.locks.held()) {
      if (!lock.holder) continue;
      const run = await ports.runs.get(lock.holder.runId);
      const status = await ports.workflows.status(run?.workflow ?? 'deploy', lock.holder.runId);
      if (status === 'running') {
        const answer = ports.workflows.succeed(lock.holder.token, { outcome: 'held', fence: lock.fence });
        await ignoreInvalidToken(answer);
        continue;
      }
      try {
        await releaseDeadRun.run(
          { runId: lock.holder.runId, reason: `its execution is ${status ?? 'gone'}` },
          ports,
        );
        released++;
      } catch (error) {
        // Its jobs still run: the next sweep looks again.
        if (!(error instanceof Unavailable)) throw error;
        stuck++;
      }
    }
    return { released, stuck };
  },
});
