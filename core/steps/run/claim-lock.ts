import { z } from 'zod';
import { isOfWhatStands } from '../../drift/reconcile.ts';
import type { LockClaim, Ports } from '../../ports.ts';
import { touchedTheWorld } from '../../runs/document.ts';
import { loadDocument } from '../../runs/store.ts';
import { ignoreInvalidToken } from '../../runs/tokens.ts';
import { type RunInput, runInput } from '../input.ts';
import { step } from '../step.ts';

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
      command: kindOf(run.request),
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
    // What takes drift away or replaces resources brings nothing newer: it pushes no commit aside.
    if (!SUPERSEDING.includes(claim.command) || isOfWhatStands(run.request)) return {};
    await supersedeOlder(claim, repository, environment, ports);
    return {};
  },
});

/** A launch that somebody asked for, with a time and projects, is not the same as one that a push asks for. */
const AUTOMATIC = 'ephemeral (automatic)';
/** A newer one takes the place of those of its kind that wait. */
const SUPERSEDING: readonly string[] = ['deploy', AUTOMATIC];

function kindOf(request: RunInput['request']): string {
  return request.command === 'ephemeral' && request.automatic === true ? AUTOMATIC : request.command;
}

async function numberOf(claim: LockClaim | null, ports: Pick<Ports, 'runs'>): Promise<string> {
  const run = claim ? await ports.runs.get(claim.runId) : null;
  return run ? String(run.number) : '?';
}

async function supersedeOlder(
  { runId, command }: LockClaim,
  repository: string,
  environment: string,
  ports: Pick<Ports, 'approvals' | 'artifacts' | 'locks' | 'runs' | 'workflows'>,
): Promise<void> {
  const lock = await ports.locks.get(repository, environment);
  const mine = await ports.runs.get(runId);
  const answer = { outcome: 'superseded', reason: `run ${mine?.number ?? '?'} brings a newer commit` };

  for (const other of lock?.waiting ?? []) {
    if (other.runId === runId) break;
    if (other.command !== command) continue;
    await ports.locks.release(repository, environment, other.runId);
    await ignoreInvalidToken(ports.workflows.succeed(other.token, answer));
  }
  const waiting = await ports.approvals.get(repository, environment);
  if (!waiting || waiting.runId === runId || lock?.holder?.command !== command) return;
  // Half applied, it is not simply dropped: a person answers, or its time ends.
  if (touchedTheWorld(await loadDocument(ports, waiting.doc))) return;
  await ports.approvals.remove(repository, environment, waiting.runId);
  await ignoreInvalidToken(ports.workflows.succeed(waiting.token, { ...answer, by: null }));
}
