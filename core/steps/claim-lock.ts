import { z } from 'zod';
import type { LockClaim, Ports } from '../ports.ts';
import { touchedTheWorld } from '../runs/document.ts';
import { loadDocument } from '../runs/store.ts';
import { ignoreInvalidToken } from '../runs/tokens.ts';
import { runInput } from './input.ts';
import { step } from './step.ts';

/**
 * Takes the environment's lock or queues for it; the answer comes through the task token, at once or when the
 * run before it hands the lock over. A newer commit supersedes the older ones that wait: for the lock, or for
 * a person.
 */
export const claimLock = step({
  input: z.object({ run: runInput, commit: z.string().nullable(), token: z.string() }),
  ports: ['approvals', 'artifacts', 'clock', 'locks', 'runs', 'status', 'workflows'],
  async run({ run, commit, token }, ports) {
    const { repository, environment } = run;
    const claim: LockClaim = {
      runId: run.runId,
      token,
      command: run.request.command,
      commit,
      at: ports.clock.now().toISOString(),
    };
    const lock = await ports.locks.claim(repository, environment, claim);
    if (lock.holder?.runId === run.runId) {
      await ignoreInvalidToken(ports.workflows.succeed(token, { outcome: 'held', fence: lock.fence }));
      return {};
    }
    await ports.status.emit({
      id: 'run.queued',
      runId: run.runId,
      at: claim.at,
      kind: 'run.queued',
      message: `Waits for run ${await numberOf(lock.holder, ports)} to finish with ${environment}.`,
      doc: null,
      run: { state: 'queued' },
    });
    if (run.request.command === 'deploy') await supersedeOlder(run.runId, repository, environment, ports);
    return {};
  },
});

async function numberOf(claim: LockClaim | null, ports: Pick<Ports, 'runs'>): Promise<string> {
  const run = claim ? await ports.runs.get(claim.runId) : null;
  return run ? String(run.number) : '?';
}

async function supersedeOlder(
  runId: string,
  repository: string,
  environment: string,
  ports: Pick<Ports, 'approvals' | 'artifacts' | 'locks' | 'runs' | 'workflows'>,
): Promise<void> {
  const lock = await ports.locks.get(repository, environment);
  const mine = await ports.runs.get(runId);
  const answer = { outcome: 'superseded', reason: `run ${mine?.number ?? '?'} brings a newer commit` };

  for (const other of lock?.waiting ?? []) {
    if (other.runId === runId) break;
    if (other.command !== 'deploy') continue;
    await ports.locks.release(repository, environment, other.runId);
    await ignoreInvalidToken(ports.workflows.succeed(other.token, answer));
  }
  const waiting = await ports.approvals.get(repository, environment);
  if (!waiting || waiting.runId === runId || lock?.holder?.command !== 'deploy') return;
  // Half applied, it is not simply dropped: a person answers, or its time ends.
  if (touchedTheWorld(await loadDocument(ports, waiting.doc))) return;
  await ports.approvals.remove(repository, environment, waiting.runId);
  await ignoreInvalidToken(ports.workflows.succeed(waiting.token, { ...answer, by: null }));
}
