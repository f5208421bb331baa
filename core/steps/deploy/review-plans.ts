import { LONGEST_APPROVAL } from '../../environments/approval.ts';
import { noteStaleLock, staleLock } from '../../environments/stale-lock.ts';
import { approvalDigest, planDigest } from '../../plans/digest.ts';
import { guard } from '../../plans/guard.ts';
import { onlyRefines } from '../../plans/refine.ts';
import type { Ports } from '../../ports.ts';
import type { ProjectProgress } from '../../projects/progress.ts';
import { currentPass, type RunDocument, touchedTheWorld } from '../../runs/document.ts';
import { acceptPlans, judgePlans, notePlans, type PlanOutcome } from '../../runs/pass.ts';
import { readChanges, readResult, readSummary } from '../../runs/results.ts';
import { keepSources } from '../../runs/sources.ts';
import { loadDocument, saveDocument } from '../../runs/store.ts';
import { tell } from '../../runs/tell.ts';
import { documentInput } from '../input.ts';
import { step } from '../step.ts';
import { reuseKey } from './next-wave.ts';

/** Reads what the plans of a wave left and decides: ask a person, go on, nothing to do, or fail. */
export const reviewPlans = step({
  input: documentInput,
  ports: ['artifacts', 'clock', 'status'],
  async run({ doc: key }, ports) {
    const before = await loadDocument(ports, key);
    const pass = currentPass(before);
    const names =
      pass.wave === 0 && before.phase === 'deploy' ? pass.waves.flat() : (pass.waves[pass.wave] ?? []);
    const outcomes: Record<string, PlanOutcome> = {};
    await Promise.all(
      names.map(async (name) => {
        const progress = pass.projects[name];
        if (progress?.planJob) outcomes[name] = await readOutcome(before, progress, progress.planJob, ports);
      }),
    );
    const doc = notePlans(before, outcomes, new Set(before.everApplied));
    await forgetStaleLocks(before, outcomes, ports);

    if (doc.request.command === 'plan') return finishPlan(doc, ports);
    return decide(doc, outcomes, ports);
  },
});

/** A plan that went through has taken its project's lock, and given it back. */
async function forgetStaleLocks(
  doc: RunDocument,
  outcomes: Record<string, PlanOutcome>,
  ports: Pick<Ports, 'artifacts'>,
): Promise<void> {
  if (doc.request.command === 'plan') return;
  for (const [name, { result }] of Object.entries(outcomes)) {
    if (result.status !== 'ok' || (await staleLock(ports, doc, name)) === null) continue;
    await noteStaleLock(ports, doc, name, null);
  }
}

async function readOutcome(
  doc: RunDocument,
  progress: ProjectProgress,
  job: string,
  ports: Pick<Ports, 'artifacts'>,
): Promise<PlanOutcome> {
  const result = await readResult(ports, job);
  if (result.status !== 'ok')
    return { result, digest: null, summary: null, violations: [], differences: null };
  const changes = await readChanges(ports, job);
  const approved =
    progress.approved === null ? null : onlyRefines(await readChanges(ports, progress.approved), changes);
  return {
    result,
    digest: planDigest(changes),
    summary: await readSummary(ports, job),
    violations: guard(changes, doc.policy.guards).violations,
    differences: approved === null ? null : approved.ok ? [] : approved.differences,
  };
}

async function finishPlan(
  doc: RunDocument,
  ports: Pick<Ports, 'artifacts' | 'clock' | 'status'>,
): Promise<Record<string, unknown>> {
  const all = Object.values(currentPass(doc).projects);
  for (const progress of all) {
    if (!progress.plan || progress.reused) continue;
    const at = ports.clock.now().toISOString();
    await ports.artifacts.put(reuseKey(doc, progress), JSON.stringify({ job: progress.plan.job, at }));
  }
  const failed = all.find((p) => p.status === 'plan-failed');
  const next: RunDocument = {
    ...doc,
    outcome: failed ? 'failed' : 'planned',
    failure: failed
      ? { project: failed.project.name, stage: 'plan', message: failed.error ?? '', job: failed.planJob }
      : null,
  };
  const saved = await saveDocument(ports, next);
  await tell(ports, next, 'plan.finished', `Planned ${all.length} project${all.length === 1 ? '' : 's'}.`);
  return { outcome: 'done', doc: saved };
}

async function decide(
  doc: RunDocument,
  outcomes: Record<string, PlanOutcome>,
  ports: Pick<Ports, 'artifacts' | 'clock'>,
): Promise<Record<string, unknown>> {
  const verdict = judgePlans(doc, outcomes);
  if (verdict.kind === 'fail') {
    const next: RunDocument = { ...doc, failure: doc.failure ?? verdict.failure };
    if (doc.phase === 'rollback') {
      const broken = `the way back could not be planned: ${verdict.failure.project}: ${verdict.failure.message}`;
      return { outcome: 'done', doc: await saveDocument(ports, { ...next, outcome: 'broken', broken }) };
    }
    // A plan that fails after a wave was applied leaves the environment half way: it goes back.
    const outcome = touchedTheWorld(doc) ? 'rollback' : 'done';
    return { outcome, doc: await saveDocument(ports, { ...next, outcome: 'failed' }) };
  }
  if (verdict.kind === 'nothing') {
    return { outcome: 'done', doc: await saveDocument(ports, { ...doc, outcome: 'nothing' }) };
  }
  if (verdict.kind === 'go') return { outcome: 'next', doc: await saveDocument(ports, acceptPlans(doc)) };

  if (doc.approvals.length > 0) await keepSources(ports, doc);
  const within = Math.min(doc.policy.approval.within, LONGEST_APPROVAL);
  const next: RunDocument = {
    ...doc,
    differences: verdict.differences,
    approval: {
      digest: digestToApprove(doc),
      until: new Date(ports.clock.now().getTime() + within * 1000).toISOString(),
    },
  };
  return { outcome: 'ask', within, doc: await saveDocument(ports, next) };
}

/** What an approval binds to: every plan of the run with commit, configuration and policy. */
function digestToApprove(doc: RunDocument): string {
  const plans = Object.values(currentPass(doc).projects)
    .filter((p) => p.plan !== null && p.status !== 'applied')
    .map((p) => ({ project: p.project.name, digest: p.plan?.digest ?? '' }));
  return approvalDigest({ commit: doc.commit, plans, config: doc.configDigest, policy: doc.policy });
}
