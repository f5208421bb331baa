import { isEphemeral } from '../ephemeral/name.ts';
import type { JobResult } from '../jobs/job.ts';
import type { PlanSummary } from '../plans/plan.ts';
import type { PlanPart, ProjectProgress } from '../projects/progress.ts';
import { currentPass, type Failure, type Pass, type RunDocument, withPass } from './document.ts';

/**
 * The order in which projects are planned and applied. Pure: a document and what jobs left go in, the next
 * document and what to do comes out; the steps around it only read and write.
 */

/** What to do next. `plan` and `apply` name the projects. */
type Move =
  | { kind: 'plan'; projects: string[] }
  | { kind: 'apply'; projects: string[] }
  | { kind: 'verify' }
  | { kind: 'done' };

/** Advances the current pass to its next move. The documents' stage says where it stands. */
export function nextMove(doc: RunDocument): { doc: RunDocument; move: Move } {
  const pass = currentPass(doc);
  if (pass.stage === 'new') {
    // Nobody is asked: what comes later is planned when its turn comes.
    const byWave = doc.phase === 'rollback' || takesAllItCan(doc);
    const projects = byWave ? (pass.waves[0] ?? []) : pass.waves.flat();
    return projects.length === 0 ? finish(doc) : plan(doc, pass, projects);
  }
  if (pass.stage === 'planned') {
    const projects = (pass.waves[pass.wave] ?? []).filter(
      (name) => pass.projects[name]?.status === 'planned',
    );
    if (projects.length === 0) return nextMove(withPass(doc, { ...pass, stage: 'applied' }));
    return { doc: withPass(doc, { ...pass, stage: 'applying' }), move: { kind: 'apply', projects } };
  }
  if (pass.stage !== 'applied')
    throw new Error(`run ${doc.runId} is ${pass.stage}, nothing can be chosen now`);

  const wave = pass.wave + 1;
  const names = pass.waves[wave];
  if (names === undefined) return finish(doc);
  const next = { ...pass, wave };
  if (takesAllItCan(doc)) {
    const free = names.filter((name) => !isStillUsed(pass, name, wave));
    return free.length > 0 ? plan(doc, next, free) : nextMove(withPass(doc, { ...next, stage: 'applied' }));
  }
  // What a wave changed can change what the next one does: its plan is made again, unless nothing was applied.
  if (doc.phase === 'rollback' || anythingApplied(pass) || names.some((name) => waits(pass, name))) {
    return plan(doc, next, names);
  }
  return nextMove(withPass(doc, { ...next, stage: 'planned' }));
}

function plan(doc: RunDocument, pass: Pass, projects: string[]): { doc: RunDocument; move: Move } {
  return { doc: withPass(doc, { ...pass, stage: 'planning' }), move: { kind: 'plan', projects } };
}

function finish(doc: RunDocument): { doc: RunDocument; move: Move } {
  const check = doc.policy.verify !== null && (anythingApplied(currentPass(doc)) || doc.brokenBefore);
  return { doc, move: check ? { kind: 'verify' } : { kind: 'done' } };
}

function anythingApplied(pass: Pass): boolean {
  return Object.values(pass.projects).some((p) => p.apply !== null);
}

function waits(pass: Pass, name: string): boolean {
  return pass.projects[name]?.status === 'waits';
}

/**
 * The destroy of an ephemeral environment asks nobody, and a project of it that fails holds up only what it depends
 * on: what could be taken down must not be paid for until somebody comes.
 */
function takesAllItCan(doc: RunDocument): boolean {
  return isEphemeral(doc.environment) && doc.request.command === 'destroy';
}

/** A project of an earlier wave, and so one that depends on it, is not gone. */
function isStillUsed(pass: Pass, name: string, wave: number): boolean {
  const before = pass.waves.slice(0, wave).flatMap((names) => names.map((other) => pass.projects[other]));
  return before.some(
    (p) => p?.project.dependsOn.includes(name) && p.status !== 'applied' && p.status !== 'empty',
  );
}

/** What a plan's job left, read and judged. */
export interface PlanOutcome {
  result: JobResult;
  digest: string | null;
  summary: PlanSummary | null;
  /** Guards that this plan violates, as sentences. */
  violations: string[];
  /** How it differs from the plan that people approved, as sentences; null if none was approved. */
  differences: string[] | null;
}

/** Notes the outcome of each project that was being planned. */
export function notePlans(
  doc: RunDocument,
  outcomes: Record<string, PlanOutcome>,
  everApplied: ReadonlySet<string>,
): RunDocument {
  const pass = currentPass(doc);
  const projects = { ...pass.projects };
  for (const name of pass.waves.flat()) {
    const outcome = outcomes[name];
    const progress = projects[name];
    if (!outcome || !progress) continue;
    projects[name] = notePlan(progress, outcome, blockers(pass, projects, name, everApplied));
  }
  return withPass(doc, { ...pass, projects });
}

function notePlan(progress: ProjectProgress, outcome: PlanOutcome, blockedBy: string[]): ProjectProgress {
  const { result } = outcome;
  if (result.status === 'ok' && outcome.digest && outcome.summary && result.planSha256 && result.terraform) {
    const part: PlanPart = {
      job: progress.planJob ?? '',
      digest: outcome.digest,
      sha256: result.planSha256,
      madeWith: result.madeWith ?? {},
      summary: outcome.summary,
      terraform: result.terraform,
      providers: result.providers ?? {},
    };
    return {
      ...progress,
      // A renamed project's state comes to its new name by its apply, also where that changes nothing else.
      status: result.empty && progress.formerState === null ? 'empty' : 'planned',
      waitsFor: null,
      plan: part,
      violations: outcome.violations,
      error: null,
    };
  }
  const error = result.error ?? 'The plan failed; its log says why.';
  const waitsFor = blockedBy[0];
  if (waitsFor !== undefined)
    return { ...progress, status: 'waits', waitsFor, plan: null, violations: [], error };
  return { ...progress, status: 'plan-failed', waitsFor: null, plan: null, violations: [], error };
}

/**
 * Upstream projects that can be the reason why a plan fails: they have changes that are not applied yet, or
 * were never applied at all.
 */
function blockers(
  pass: Pass,
  projects: Record<string, ProjectProgress>,
  name: string,
  everApplied: ReadonlySet<string>,
): string[] {
  const wave = pass.waves.findIndex((names) => names.includes(name));
  return (projects[name]?.project.dependsOn ?? []).filter((other) => {
    const upstream = projects[other];
    if (!upstream) return !everApplied.has(other);
    if (pass.waves.findIndex((names) => names.includes(other)) >= wave) return false;
    return upstream.status === 'planned' || upstream.status === 'waits';
  });
}

/** After plans were noted: what the run does with them. `waits` is neutral; one failure stops the run. */
export function judgePlans(
  doc: RunDocument,
  outcomes: Record<string, PlanOutcome>,
):
  | { kind: 'fail'; failure: Failure }
  | { kind: 'ask'; differences: string[] }
  | { kind: 'go' }
  | { kind: 'nothing' } {
  const pass = currentPass(doc);
  const planned = Object.keys(outcomes)
    .map((name) => pass.projects[name])
    .filter((p) => p !== undefined);

  if (takesAllItCan(doc)) return { kind: 'go' };
  const failed = planned.find((p) => p.status === 'plan-failed');
  if (failed) return { kind: 'fail', failure: failureOf(failed, 'plan', failed.error ?? '') };
  const guarded = planned.filter((p) => p.violations.length > 0);
  if (guarded.length > 0) return { kind: 'fail', failure: guardFailure(guarded) };
  if (doc.phase === 'rollback') return { kind: 'go' };

  const all = Object.values(pass.projects);
  // A destroy that tries again what people approved is compared with that.
  const first = !anythingApplied(pass) && pass.wave === 0 && all.every((p) => p.approved === null);
  if (first && all.every((p) => p.status === 'empty')) {
    // Nothing to apply to a broken environment: its check decides whether it is well.
    return { kind: doc.brokenBefore && doc.policy.verify !== null ? 'go' : 'nothing' };
  }
  if (first) return asksFirst(doc) ? { kind: 'ask', differences: [] } : { kind: 'go' };
  if (!asksFirst(doc)) return { kind: 'go' };
  const differences = planned.flatMap((p) => differencesOf(p, outcomes[p.project.name]));
  return differences.length > 0 ? { kind: 'ask', differences } : { kind: 'go' };
}

/** Destroying what is permanent always needs a person. */
function asksFirst(doc: RunDocument): boolean {
  if (doc.policy.approval.required) return true;
  return !isEphemeral(doc.environment) && Object.values(currentPass(doc).projects).some((p) => p.destroy);
}

function differencesOf(progress: ProjectProgress, outcome: PlanOutcome | undefined): string[] {
  // What was to be destroyed and is gone needs nobody's leave.
  if (progress.status === 'empty' && (progress.destroy || outcome?.differences === null)) return [];
  if (!outcome || outcome.differences === null)
    return [`${progress.project.name}: could not be planned before`];
  return outcome.differences.map((text) => `${progress.project.name}: ${text}`);
}

function failureOf(progress: ProjectProgress, stage: Failure['stage'], message: string): Failure {
  return { project: progress.project.name, stage, message, job: progress.planJob };
}

/** One failure for all plans that a guard stops: whoever mends the first would meet the second. */
function guardFailure(guarded: ProjectProgress[]): Failure {
  const [only, ...others] = guarded;
  if (only && others.length === 0) return failureOf(only, 'guard', only.violations.join('\n'));
  const lines = guarded.flatMap((p) => p.violations.map((text) => `${p.project.name}: ${text}`));
  return { project: null, stage: 'guard', message: lines.join('\n'), job: null };
}

/** Marks the plans as good to apply; the ones approved become what later plans are compared with. */
export function acceptPlans(doc: RunDocument): RunDocument {
  const pass = currentPass(doc);
  const projects = Object.fromEntries(
    Object.entries(pass.projects).map(([name, p]) => [name, { ...p, approved: p.plan?.job ?? p.approved }]),
  );
  return withPass(doc, { ...pass, projects, stage: 'planned' });
}

/** Notes what the applies of the current wave left. A failure is the first project's, in the wave's order. */
export function noteApplies(
  doc: RunDocument,
  results: Record<string, JobResult>,
): { doc: RunDocument; failure: Failure | null } {
  const pass = currentPass(doc);
  const projects = { ...pass.projects };
  let failure: Failure | null = null;
  for (const name of pass.waves[pass.wave] ?? []) {
    const result = results[name];
    const progress = projects[name];
    if (!result || !progress?.apply) continue;
    const ok = result.status === 'ok';
    const error = ok ? null : (result.error ?? `The apply ended ${result.status}.`);
    projects[name] = {
      ...progress,
      status: ok ? 'applied' : 'apply-failed',
      apply: { ...progress.apply, started: ok || result.started },
      error,
    };
    if (!ok && !failure)
      failure = { project: name, stage: 'apply', message: error ?? '', job: progress.apply.job };
  }
  const stage = failure && !takesAllItCan(doc) ? 'applying' : 'applied';
  return { doc: withPass(doc, { ...pass, projects, stage }), failure };
}

/** Why a failed run that touched its environment cannot be taken back, or null if it can. */
export function whyNoRollback(doc: RunDocument): string | null {
  if (doc.request.command === 'rollback') return 'the rollback itself failed';
  if (doc.policy.rollback === 'off') return 'its configuration says `rollback: off`';
  if (doc.policy.rollback === 'manual') return 'its configuration says `rollback: manual`';
  if (doc.base === null) return 'it has no last good commit yet';
  return null;
}
