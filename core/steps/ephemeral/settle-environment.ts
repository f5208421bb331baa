import { z } from 'zod';
import { changeEnvironment } from '../../ephemeral/change-environment.ts';
import type { Ephemeral } from '../../ephemeral/environment.ts';
import { forgetEnvironment, keepCommit } from '../../ephemeral/forget.ts';
import { launchEnd } from '../../ephemeral/launch-end.ts';
import { wantedBy } from '../../ephemeral/members.ts';
import { isHalfMade } from '../../ephemeral/resolve-launch.ts';
import { endRequest } from '../../ephemeral/safety.ts';
import { scheduleEnd } from '../../ephemeral/schedules.ts';
import { appliedAfter, chosenOutputs, unfinished } from '../../ephemeral/stands.ts';
import type { Ports } from '../../ports.ts';
import type { RunDocument } from '../../runs/document.ts';
import { startRun } from '../../runs/start.ts';
import { loadDocument, readJson, saveDocument } from '../../runs/store.ts';
import { tell } from '../../runs/tell.ts';
import { type RunInput, runInput } from '../input.ts';
import { step } from '../step.ts';

/**
 * What a launch came to. It stands: its time counts from now, and its outputs are told. It failed half way: another
 * run destroys what was applied. Nothing was applied: a new one is forgotten, one that stands is as it was.
 */
export const settleEnvironment = step({
  input: z.object({ run: runInput, doc: z.string().optional() }),
  ports: ['artifacts', 'clock', 'ephemerals', 'git', 'schedules', 'status', 'workflows'],
  async run({ run, doc: key }, ports) {
    const known = await ports.ephemerals.get(run.repository, run.environment);
    if (key === undefined) {
      // One that this run may not touch is refused here too: it is not this run's.
      if (known?.runId === run.runId) await undo(known, run, ports);
      return { outcome: 'done' };
    }
    const doc = checked(await loadDocument(ports, key));
    const { ephemeral } = doc;
    if (!ephemeral?.before) throw new Error(`run ${doc.runId} makes no ephemeral environment`);
    if (doc.outcome === null || doc.outcome === 'nothing' || doc.outcome === 'deployed') {
      return settle(run, doc, ports);
    }
    // It is as it was before if nothing began; of what may have begun, the registry knows.
    const state = mayHaveBegun(doc) ? known : known && (await restore(known, ephemeral.before, ports));
    const destroyedBy = state ? await undo(state, run, ports) : null;
    const next: RunDocument = { ...doc, ephemeral: { ...ephemeral, destroyedBy } };
    return { outcome: 'done', doc: await saveDocument(ports, next) };
  },
});

type Settling = Pick<
  Ports,
  'artifacts' | 'clock' | 'ephemerals' | 'git' | 'schedules' | 'status' | 'workflows'
>;

async function settle(run: RunInput, doc: RunDocument, ports: Settling): Promise<Record<string, unknown>> {
  const { ephemeral, request } = doc;
  if (!ephemeral?.rules || !ephemeral.before || request.command !== 'ephemeral') {
    throw new Error(`run ${doc.runId} makes no ephemeral environment`);
  }
  const { rules, before } = ephemeral;
  const at = await settledAt(run.runId, ports);
  const outputs = await chosenOutputs(doc, ports);
  const known = await changeEnvironment(ports, run.repository, run.environment, (current) => ({
    ...current,
    state: 'ready',
    commit: doc.commit,
    automatic: current.automatic || request.automatic === true,
    pull: current.pull ?? request.pull ?? null,
    email: request.email ?? current.email,
    startedAt: at.toISOString(),
    // Whoever has moved it meanwhile has said when it ends; and so has this step, if it is repeated.
    endsAt: isMoved(current, ephemeral)
      ? current.endsAt
      : launchEnd(request, rules, at, ephemeral.existed ? before.endsAt : undefined),
    projects: wantedBy(request.projects, before.projects),
    applied: appliedAfter(doc, current.applied),
    outputs,
    left: {},
    runId: run.runId,
  }));
  if (!known) throw new Error(`${run.environment} is not known any more`);
  await scheduleEnd(ports, known, rules.warn);
  await keepCommit(ports, known, doc.commit);

  const { email, endsAt } = known;
  const next: RunDocument = { ...doc, outcome: 'ready', ephemeral: { ...ephemeral, email, endsAt, outputs } };
  const saved = await saveDocument(ports, next);
  await tell(ports, next, 'environment.ready', readyText(known, ephemeral.existed));
  return { outcome: 'done', doc: saved };
}

/** One that is new may have been moved before its first document was written, too. */
function isMoved(
  { endsAt, movedBy = [] }: Ephemeral,
  { existed, before }: NonNullable<RunDocument['ephemeral']>,
): boolean {
  return endsAt !== before?.endsAt || (!existed && movedBy.length > 0);
}

function readyText({ environment, endsAt }: Ephemeral, existed: boolean): string {
  const until = endsAt === null ? 'without an end' : `until ${endsAt.slice(0, 16).replace('T', ' ')} UTC`;
  return `${environment} is ${existed ? 'updated' : 'ready'}, ${until}.`;
}

/** The same moment if this is repeated: else each try would put the end later. */
async function settledAt(runId: string, ports: Pick<Ports, 'artifacts' | 'clock'>): Promise<Date> {
  const key = `runs/${runId}/settled.json`;
  await ports.artifacts.putNew(key, JSON.stringify({ at: ports.clock.now().toISOString() }));
  return new Date((await readJson<{ at: string }>(ports, key)).at);
}

/** A project that was never planned to its end is a failure, though nothing else failed. */
function checked(doc: RunDocument): RunDocument {
  const left = doc.outcome === null ? unfinished(doc) : null;
  if (left === null) return doc;
  const message = left.error ?? `${left.project.name} could not be planned.`;
  return {
    ...doc,
    outcome: 'failed',
    failure: doc.failure ?? { project: left.project.name, stage: 'plan', message, job: left.planJob },
  };
}

/** An apply was ordered, and nothing proves that its job never began. */
function mayHaveBegun(doc: RunDocument): boolean {
  return Object.values(doc.deploy.projects).some(
    ({ apply, status }) => apply !== null && (apply.started || status === 'planned'),
  );
}

function restore(
  known: Ephemeral,
  { state, commit, applied }: Ephemeral,
  ports: Pick<Ports, 'ephemerals'>,
): Promise<Ephemeral | null> {
  return changeEnvironment(ports, known.repository, known.environment, (current) => ({
    ...current,
    state,
    commit,
    applied,
  }));
}

/** Answers the run that destroys what is half made. */
async function undo(
  known: Ephemeral,
  run: RunInput,
  ports: Pick<Ports, 'ephemerals' | 'git' | 'schedules' | 'workflows'>,
): Promise<string | null> {
  if (known.state === 'launching' && Object.keys(known.applied).length === 0) {
    await forgetEnvironment(ports, known);
    return null;
  }
  if (!isHalfMade(known)) return null;
  return startRun(
    'destroy',
    endRequest(known, 'failed', `${known.environment}/failed/${run.runId}`),
    run.environment,
    ports,
  );
}
