import { z } from 'zod';
import { thawSlot } from '../../environments/thaw.ts';
import { Unavailable } from '../../errors.ts';
import { ENDED } from '../../requests/run.ts';
import { step } from '../step.ts';
import { handOver } from './release-lock.ts';

/**
 * After an execution that ended without its own last steps (aborted, a bug, a definition error): the lock is
 * freed, but only once every job of the run is confirmed ended; until then this is tried again.
 */
export const releaseDeadRun = step({
  input: z.object({ runId: z.string(), reason: z.string() }),
  ports: ['approvals', 'clock', 'jobs', 'locks', 'runs', 'status', 'workflows'],
  async run(input, ports) {
    const run = await ports.runs.get(input.runId);
    if (!run) return { outcome: 'unknown' };
    const jobs = await ports.jobs.active(run.id);
    if (jobs.length > 0) {
      throw new Unavailable(
        `run ${run.number} still has ${jobs.length} job${jobs.length === 1 ? '' : 's'} running`,
      );
    }
    await ports.approvals.remove(run.repository, run.environment, run.id);
    await ports.approvals.remove(run.repository, thawSlot(run.environment), run.id);
    await handOver(run.repository, run.environment, run.id, ports);
    if (ENDED.includes(run.state)) return { outcome: 'released' };
    const at = ports.clock.now().toISOString();
    await ports.status.emit({
      id: 'dead',
      runId: run.id,
      at,
      kind: 'run.ended',
      message: `The run ended before its last step: ${input.reason}`,
      doc: null,
      run: { state: 'failed', title: 'Ended before its last step', endedAt: at },
    });
    return { outcome: 'released' };
  },
});
