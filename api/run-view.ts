import type { EphemeralPart } from '../core/ephemeral/part.ts';
import { NotFound } from '../core/errors.ts';
import { parseJobPrefix } from '../core/jobs/names.ts';
import type { Ports, WaitingApproval } from '../core/ports.ts';
import type { DeployReport } from '../core/reports/deploy-report.ts';
import type { StatusEvent } from '../core/reports/event.ts';
import { deployReport, planReport } from '../core/reports/from-run.ts';
import type { PlanReport } from '../core/reports/plan-report.ts';
import type { Run } from '../core/requests/run.ts';
import type { DriftPart, Freeze, RunDocument, TerraformPart } from '../core/runs/document.ts';
import { loadDocument } from '../core/runs/store.ts';
import { type Caller, readable } from './caller.ts';
import type { ApiHost, HistoryLine } from './host.ts';
import { type JobView, jobsOf } from './jobs.ts';

/** All that is known of a run. */
export interface RunView extends Parts {
  run: Run;
  url: string;
  events: StatusEvent[];
  /** Null until the run has a document. */
  report: PlanReport | DeployReport | null;
  /** The question that waits for a person, if one does. */
  waiting: WaitingView | null;
  jobs: JobView[];
  history: HistoryLine[];
}

/** What only runs of one kind have: null in the others, and until the run has a document. */
interface Parts {
  ephemeral: Pick<EphemeralPart, 'ref' | 'owner' | 'endsAt' | 'outputs' | 'existed' | 'destroyedBy'> | null;
  /** What a destroy left, by project; null where it could not be told. */
  destroy: { attempt: number; left: Record<string, string[] | null> } | null;
  terraform: TerraformView | null;
  drift: Omit<DriftPart, 'basis' | 'reconcile'> | null;
  /** The freeze that it met. */
  frozen: Freeze | null;
}

/** A terraform command: what it printed is scrubbed, and cut where `cut` is true; `link` leads to all of it. */
export interface TerraformView extends Pick<TerraformPart, 'project' | 'args' | 'writes'> {
  output: string | null;
  cut: boolean;
  link: string;
  /** Id of its job; null until it was ordered. */
  job: string | null;
  /** Null until it ran. */
  ok: boolean | null;
}

/** A waiting approval without what answers it: the task token stays inside. */
export interface WaitingView {
  runId: string;
  digest: string;
  commit: string;
  askedAt: string;
  until: string;
  /** As it is typed in a comment. */
  command: string;
}

/** The run if the caller may read its repository. Throws NotFound else. */
export async function findRun(host: ApiHost, caller: Caller, id: string): Promise<Run> {
  const run = /^[0-9a-zA-Z_-]{1,100}$/.test(id) ? await host.ports.runs.get(id) : null;
  const missing = new NotFound(
    `There is no run ${JSON.stringify(id.slice(0, 100))}, or @${caller.login} cannot read it.`,
  );
  if (!run) throw missing;
  // The operator also sees runs of a repository that is no longer watched.
  if (caller.operator) return run;
  await readable(host, caller, run.repository).catch((error: unknown) => {
    throw error instanceof NotFound ? missing : error;
  });
  return run;
}

export async function runView(host: ApiHost, run: Run): Promise<RunView> {
  const { ports } = host;
  const [events, doc, jobs, history, waiting] = await Promise.all([
    ports.runs.events(run.id),
    newestDocument(ports, run.id),
    jobsOf(ports, run),
    host.history(run.id),
    ports.approvals.get(run.repository, run.environment),
  ]);
  return {
    run,
    url: ports.links.run(run.id),
    events,
    report: doc ? await reportOf(host, run, doc) : null,
    ...partsOf(ports, run, doc),
    waiting: waiting?.runId === run.id ? waitingView(waiting) : null,
    jobs,
    history,
  };
}

export function waitingView(waiting: WaitingApproval): WaitingView {
  const { runId, digest, commit, askedAt, until, environment } = waiting;
  return {
    runId,
    digest,
    commit,
    askedAt,
    until,
    command: `/cairn approve ${environment} ${digest.slice(0, 7)}`,
  };
}

async function newestDocument(ports: Pick<Ports, 'artifacts'>, runId: string): Promise<RunDocument | null> {
  const key = (await ports.artifacts.list(`runs/${runId}/documents/`)).at(-1);
  return key === undefined ? null : loadDocument(ports, key);
}

/** Artifact prefix of the job of a run of one terraform command; null until it was ordered, and for other runs. */
export async function commandJob({ ports }: ApiHost, run: Run): Promise<string | null> {
  return (await newestDocument(ports, run.id))?.terraform?.job ?? null;
}

function partsOf({ links }: Pick<Ports, 'links'>, run: Run, doc: RunDocument | null): Parts {
  // A run that began with a version before has documents without these.
  const { ephemeral = null, destroy = null, terraform = null, drift = null, frozen = null } = doc ?? {};
  return {
    ephemeral: ephemeral && shownEphemeral(ephemeral),
    destroy: destroy && { attempt: destroy.attempt, left: destroy.left },
    terraform: terraform && {
      project: terraform.project,
      args: terraform.args,
      writes: terraform.writes,
      output: terraform.output?.text ?? null,
      cut: terraform.output?.cut ?? false,
      link: terraform.job === null ? links.run(run.id) : links.job(run.id, terraform.job),
      job: terraform.job === null ? null : (parseJobPrefix(terraform.job)?.jobId ?? null),
      ok: terraform.exitOk,
    },
    drift: drift && shownDrift(drift),
    frozen,
  };
}

function shownEphemeral({ ref, owner, endsAt, outputs, existed, destroyedBy }: EphemeralPart) {
  return { ref, owner, endsAt, outputs, existed, destroyedBy };
}

function shownDrift({ basis: _, reconcile: __, ...shown }: DriftPart): Parts['drift'] {
  return shown;
}

async function reportOf(host: ApiHost, run: Run, doc: RunDocument): Promise<PlanReport | DeployReport> {
  if (doc.request.command === 'plan') return planReport(doc, host.ports);
  return deployReport(doc, doc.pull ?? (await pullOf(host, run, doc.commit)), host.ports);
}

/** The pull request that brought the commit in. A forge that does not answer is no reason to show nothing. */
async function pullOf(host: ApiHost, run: Run, commit: string): Promise<DeployReport['pull']> {
  try {
    const [pull] = await host.ports.pulls.ofCommit(run.repository, commit);
    return pull ? { number: pull.number, title: pull.title, url: pull.url } : null;
  } catch (error) {
    host.log('warn', 'no pull request for a run', {
      runId: run.id,
      error: error instanceof Error ? error.name : '',
    });
    return null;
  }
}
