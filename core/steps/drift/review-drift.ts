import { differenceDigest } from '../../drift/difference.ts';
import { compared, type Found } from '../../drift/found.ts';
import { quietOf } from '../../drift/quiet.ts';
import { isEphemeral } from '../../ephemeral/name.ts';
import { kindOf } from '../../plans/actions.ts';
import { planDigest } from '../../plans/digest.ts';
import type { Changes } from '../../plans/plan.ts';
import type { Ports } from '../../ports.ts';
import type { ProjectProgress } from '../../projects/progress.ts';
import { readToldDrift } from '../../record/drift/drift.ts';
import type { DriftPart, Failure, RunDocument } from '../../runs/document.ts';
import { readChanges, readResult, readSummary } from '../../runs/results.ts';
import { loadDocument, saveDocument } from '../../runs/store.ts';
import { documentInput } from '../input.ts';
import { step } from '../step.ts';

/** Reads what the plans left, and compares it with what was told before. */
export const reviewDrift = step({
  input: documentInput,
  ports: ['approvals', 'artifacts', 'clock', 'ephemerals', 'git', 'locks', 'runs', 'source'],
  async run({ doc: key }, ports) {
    const doc = await loadDocument(ports, key);
    const { drift } = doc;
    if (!drift) throw new Error(`run ${doc.runId} does not look for drift`);
    const { busy, basis } = await quietOf(ports, doc);
    if (busy !== null || basis !== drift.basis) {
      const why = busy ?? `${doc.environment} was changed, or is about to be, since this began.`;
      const message = `What was found is not told: ${why}`;
      const failure = { project: null, stage: 'content' as const, message, job: null };
      return save({ ...doc, outcome: 'superseded', failure }, ports);
    }

    const { projects, found } = await readPlans(doc, ports);
    const at = ports.clock.now().toISOString();
    const before = isEphemeral(doc.environment)
      ? null
      : await readToldDrift(ports, doc.repository, doc.environment);
    const { projects: drifted, digest, since, known, gone } = compared(before, found, at);
    const issue = before?.issue ?? null;
    const part: DriftPart = {
      ...drift,
      at,
      drifted,
      unknown: found.unknown,
      newlyUnknown: found.unknown.some((name) => !Object.hasOwn(before?.unknown ?? {}, name)),
      digest,
      since,
      known,
      gone,
      issue,
    };
    const next: RunDocument = { ...doc, deploy: { ...doc.deploy, stage: 'planned', projects }, drift: part };
    return save({ ...next, ...verdict(next, part) }, ports);
  },
});

async function save(doc: RunDocument, ports: Pick<Ports, 'artifacts'>): Promise<Record<string, unknown>> {
  return { outcome: doc.outcome, doc: await saveDocument(ports, doc) };
}

async function readPlans(
  { deploy }: RunDocument,
  ports: Pick<Ports, 'artifacts'>,
): Promise<{ projects: RunDocument['deploy']['projects']; found: Found }> {
  const found: Found = { drifted: {}, unknown: [] };
  const read = await Promise.all(
    Object.values(deploy.projects).map(async (progress) => {
      const { name } = progress.project;
      const { project, changes } = await readPlan(progress, ports);
      if (!project.plan || !changes) found.unknown.push(name);
      else if (project.status === 'planned') {
        found.drifted[name] = { digest: differenceDigest(changes), counts: project.plan.summary.counts };
      }
      return [name, project] as const;
    }),
  );
  found.unknown.sort();
  return { projects: Object.fromEntries(read), found };
}

/** A plan that failed says nothing of what stands. */
async function readPlan(
  progress: ProjectProgress,
  ports: Pick<Ports, 'artifacts'>,
): Promise<{ project: ProjectProgress; changes: Changes | null }> {
  const job = progress.planJob ?? '';
  const result = await readResult(ports, job);
  const { status, planSha256, terraform, madeWith = {}, providers = {} } = result;
  if (status !== 'ok' || !planSha256 || !terraform) {
    const error = result.error ?? 'The plan failed; its log says why.';
    return { project: { ...progress, status: 'plan-failed', plan: null, error }, changes: null };
  }
  const [changes, summary] = await Promise.all([readChanges(ports, job), readSummary(ports, job)]);
  const plan = {
    job,
    digest: planDigest(changes),
    sha256: planSha256,
    madeWith,
    summary,
    terraform,
    providers,
  };
  const isDrift = !result.empty && wouldDo(changes);
  return { project: { ...progress, status: isDrift ? 'planned' : 'empty', plan, error: null }, changes };
}

/** What was only read anew (`drift` of the plan) would not be undone by an apply: nobody's configuration says it. */
function wouldDo({ resources, outputs }: Changes): boolean {
  return resources.length > 0 || Object.values(outputs).some((change) => kindOf(change) !== 'none');
}

function verdict(
  { deploy }: RunDocument,
  { unknown, digest }: DriftPart,
): Pick<RunDocument, 'outcome' | 'failure'> {
  const all = Object.values(deploy.projects);
  const failed = all.find(({ status }) => status === 'plan-failed');
  const failure: Failure | null = failed
    ? { project: failed.project.name, stage: 'plan', message: failed.error ?? '', job: failed.planJob }
    : null;
  if (all.length > 0 && unknown.length === all.length) return { outcome: 'failed', failure };
  return { outcome: digest === null ? 'in-sync' : 'drifted', failure: null };
}
