import { z } from 'zod';
import type { Ports } from '../../ports.ts';
import { ignoreInvalidToken } from '../../runs/tokens.ts';
import { runInput } from '../input.ts';
import { step } from '../step.ts';

/** The run's last say: whoever waits next gets the environment. */
export const releaseLock = step({
  input: z.object({ run: runInput }),
  ports: ['locks', 'workflows'],
  async run({ run }, ports) {
    await handOver(run.repository, run.environment, run.runId, ports);
    return {};
  },
});

/** Repeatable: a holder that was told already ignores the second answer. */
export async function handOver(
  repository: string,
  environment: string,
  runId: string,
  ports: Pick<Ports, 'locks' | 'workflows'>,
): Promise<void> {
  const lock = await ports.locks.release(repository, environment, runId);
  if (!lock?.holder) return;
  await ignoreInvalidToken(
    ports.workflows.succeed(lock.holder.token, { outcome: 'held', fence: lock.fence }),
  );
}
