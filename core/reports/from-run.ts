import { frozenSentence } from '../environments/freeze.ts';
import { isEphemeral } from '../ephemeral/name.ts';
import type { Ports } from '../ports.ts';
import type { ProjectProgress } from '../projects/progress.ts';
import { type Outcome, type Pass, type RunDocument, workflowOf } from '../runs/document.ts';
import { frozenPull, wasRefusedByFreeze } from '../runs/frozen.ts';
import { logTail, readChanges } from '../runs/results.ts';
import { helpForDestroy } from './comments/destroy-help.ts';
import { helpForEphemeral } from './comments/ephemeral-help.ts';
import type { DeployReport, DeployState } from './deploy-report.ts';
import type { PlanReport, ProjectStatus, ReportedProject } from './plan-report.ts';

type Reading = Pick<Ports, 'artifacts' | 'links'>;

/** What a pull request's plan run shows, from the run's document. */
export async function planReport(doc: RunDocument, ports: Reading): Promise<PlanReport> {
  const frozen = frozenPull(doc);
  return {
    kind: 'plan',
    repository: doc.repository,
    environment: doc.environment,
    pull: doc.pull,
    headCommit: doc.pull?.head ?? doc.commit,
    baseCommit: doc.base ?? doc.commit,
    runUrl: ports.links.run(doc.runId),
    state: doc.outcome === null ? 'running' : doc.outcome === 'failed' ? 'failed' : 'finished',
    policyChanges: doc.policyChanges,
    projects: await reported(doc, doc.deploy, ports),
    removed: doc.reported,
    deploy: { approvalRequired: doc.policy.approval.required },
    ...(frozen === null ? {} : { frozen }),
    ...(doc.failure && doc.failure.project === null ? { message: doc.failure.message } : {}),
  };
}

/** What a deploy shows at any point of its life. */
export async function deployReport(
  doc: RunDocument,
  pull: DeployReport['pull'],
  ports: Reading,
): Promise<DeployReport> {
  const { rollback, approval } = doc;
  // What a freeze or another rule ends did not fail: its message says all.
  const failure = isTurnedAway(doc) ? null : doc.failure;
  const message = messageOf(doc);
  const answered = doc.approvals.at(-1);
  const failed = failure && {
    project: failure.project,
    stage: failure.stage,
    message: failure.message,
    logUrl: failure.job ? ports.links.job(doc.runId, failure.job) : ports.links.run(doc.runId),
    ...(failure.job ? { logTail: await logTail(ports, failure.job) } : {}),
  };
  const helps = helpFor(doc);
  return {
    kind: 'deploy',
    repository: doc.repository,
    environment: doc.environment,
    runId: doc.runId,
    runNumber: doc.runNumber,
    runUrl: ports.links.run(doc.runId),
    pull,
    commit: doc.commit,
    baseCommit: doc.base,
    state: stateOf(doc),
    ...(wasRefusedByFreeze(doc) ? { byFreeze: true as const } : {}),
    ...(doc.destroy && !isEphemeral(doc.environment) ? { takesDown: true as const } : {}),
    policyChanges: doc.policyChanges,
    projects: await reported(doc, doc.deploy, ports),
    removed: doc.reported,
    differences: doc.differences,
    ...(message === '' ? {} : { message }),
    ...(approval
      ? { approval: { ...approval, approvers: doc.policy.approval.approvers } }
      : answered
        ? { approval: { ...answered, until: answered.at, approvers: doc.policy.approval.approvers } }
        : {}),
    ...(failed ? { failure: failed } : {}),
    ...(doc.verify ? { verify: { ok: doc.verify.ok } } : {}),
    ...(rollback
      ? {
          rollback: {
            commit: rollback.commit,
            restored: named(rollback, (p) => !p.destroy),
            leftOver: doc.leftOver,
          },
        }
      : {}),
    ...(doc.revert ? { revert: { url: doc.revert.url, number: doc.revert.pull } } : {}),
    ...(helps ? { helps } : {}),
  };
}

function messageOf(doc: RunDocument): string {
  const { broken, failure, frozen, environment } = doc;
  const freeze = frozen && frozenSentence(environment, frozen);
  if (failure && isTurnedAway(doc)) return failure.message;
  const said = [broken, freeze && (isDespite(doc) ? `Despite the freeze: ${freeze}` : freeze)];
  return said.filter((line) => line !== null).join('\n');
}

function isTurnedAway({ outcome, failure }: RunDocument): boolean {
  return outcome === 'refused' || failure?.stage === 'freeze';
}

function isDespite({ request }: RunDocument): boolean {
  return 'despiteFreeze' in request && request.despiteFreeze === true;
}

function named(pass: Pass, which: (p: ProjectProgress) => boolean): string[] {
  return pass.waves.flat().filter((name) => pass.projects[name] && which(pass.projects[name]));
}

async function reported(doc: RunDocument, pass: Pass, ports: Reading): Promise<ReportedProject[]> {
  const all = pass.waves
    .flat()
    .map((name) => pass.projects[name])
    .filter((p) => p !== undefined);
  return Promise.all(all.map((progress) => reportedProject(doc, pass, progress, ports)));
}

async function reportedProject(
  doc: RunDocument,
  pass: Pass,
  p: ProjectProgress,
  ports: Reading,
): Promise<ReportedProject> {
  const job = p.apply?.job ?? p.planJob;
  const upstream = p.project.dependsOn.filter((name) => {
    const status = pass.projects[name]?.status;
    return status === 'planned' || status === 'waits';
  });
  return {
    name: p.project.name,
    dir: p.project.dir,
    status: statusOf(doc, pass, p),
    // Where all is destroyed that needs no saying.
    destroy: p.destroy && doc.destroy === null,
    reused: p.reused,
    logUrl: job ? ports.links.job(doc.runId, job) : ports.links.run(doc.runId),
    ...(p.waitsFor ? { waitsFor: p.waitsFor } : {}),
    ...(upstream.length > 0 ? { upstream } : {}),
    ...(p.plan ? { summary: p.plan.summary, changes: await readChanges(ports, p.plan.job) } : {}),
    ...(p.violations.length > 0 ? { violations: p.violations } : {}),
    ...(p.error ? { error: p.error } : {}),
    // Terraform's own words are whole in the error; of a job that was killed the log tells more.
    ...(p.error && !p.error.trim().includes('\n') && job ? { logTail: await logTail(ports, job) } : {}),
  };
}

function statusOf(doc: RunDocument, pass: Pass, p: ProjectProgress): ProjectStatus {
  const restored = doc.rollback?.projects[p.project.name];
  if (doc.outcome === 'rolled-back' && restored && !restored.destroy) return 'restored';
  if (p.status === 'plan-failed') return 'failed';
  if (p.status === 'pending') return pass.stage === 'planning' ? 'running' : 'pending';
  if (p.status === 'planned' && p.apply) return 'applying';
  const isPlanAlone = doc.outcome === 'planned' || doc.outcome === 'drifted' || doc.outcome === 'in-sync';
  if (p.status === 'planned' && doc.outcome !== null && !isPlanAlone) return 'skipped';
  return p.status === 'applied' && doc.destroy !== null ? 'destroyed' : p.status;
}

/** What an outcome is to whoever reads of a deployment; the other commands' have words of their own. */
const SHOWN_AS: Partial<Record<Outcome, DeployState>> = {
  deployed: 'deployed',
  nothing: 'nothing',
  failed: 'failed',
  refused: 'refused',
  rejected: 'rejected',
  expired: 'expired',
  'rolled-back': 'rolled-back',
  broken: 'broken',
  superseded: 'superseded',
  ready: 'ready',
  extended: 'ready',
  destroyed: 'destroyed',
  leaked: 'leaked',
};

function stateOf(doc: RunDocument): DeployState {
  if (doc.phase === 'rollback' && (doc.outcome === null || doc.outcome === 'failed')) return 'rolling-back';
  const ended = doc.outcome === null ? undefined : SHOWN_AS[doc.outcome];
  if (ended !== undefined) return ended;
  if (doc.frozen && !isDespite(doc)) return 'frozen';
  if (doc.approval) return 'waiting';
  if (doc.destroy) return 'destroying';
  if (doc.verify) return 'verifying';
  return doc.deploy.stage === 'new' || doc.deploy.stage === 'planning' ? 'planning' : 'applying';
}

function helpFor(doc: RunDocument): string | null {
  // What a guard refuses it refuses again: its message says what to change.
  if (doc.failure?.stage === 'guard') return null;
  if (doc.request.command === 'destroy') return helpForDestroy(doc);
  if (isEphemeral(doc.environment)) return helpForEphemeral(doc);
  if (doc.outcome === 'broken') {
    return doc.policy.rollback === 'off'
      ? `/cairn deploy ${doc.environment}`
      : `/cairn rollback ${doc.environment}`;
  }
  const { frozen, failure, outcome } = doc;
  if (frozen && (outcome === null ? !isDespite(doc) : failure?.stage === 'freeze')) {
    return `/cairn unfreeze ${doc.environment}`;
  }
  if (workflowOf(doc.request.command) !== 'deploy') return null;
  if (doc.outcome === 'refused') return `/cairn deploy ${doc.environment} --retry`;
  if (doc.outcome === 'failed' || doc.outcome === 'expired') return `/cairn deploy ${doc.environment}`;
  return null;
}
