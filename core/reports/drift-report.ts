import type { Ports } from '../ports.ts';
import type { RunDocument } from '../runs/document.ts';
import { planReport } from './from-run.ts';
import type { ReportedProject } from './plan-report.ts';

/** What a look for drift shows: in the environment's issue, under the comment that asked for it, in a channel. */
export interface DriftReport {
  repository: string;
  environment: string;
  runId: string;
  runNumber: number;
  runUrl: string;
  commit: string;
  /** `discarded`: what was found may be a deploy's doing, or nothing was compared; `message` says why. */
  state: 'drifted' | 'in-sync' | 'unknown' | 'discarded';
  message: string | null;
  /** ISO 8601, UTC. */
  at: string;
  /** Since when there is a difference; null: there is none. */
  since: string | null;
  /** The difference that was told before is gone. */
  gone: boolean;
  /** Those that differ, and those that could not be compared. */
  projects: ReportedProject[];
  /** Names of those that could not be compared and were told to differ before. */
  kept: string[];
  /** How many were compared and are as they were deployed. */
  inSync: number;
  issue: { number: number; url: string } | null;
  notes: string[];
  /** The run that takes the difference away. */
  reconcile: { url: string } | null;
}

export async function driftReport(
  doc: RunDocument,
  ports: Pick<Ports, 'artifacts' | 'links'>,
): Promise<DriftReport> {
  const { drift } = doc;
  if (!drift) throw new Error(`run ${doc.runId} does not look for drift`);
  const all = Object.values(doc.deploy.projects);
  const planned = all.filter(({ status }) => status === 'planned' || status === 'plan-failed');
  const of = { ...doc.deploy, projects: byName(planned), waves: [planned.map((p) => p.project.name).sort()] };
  const { projects } = await planReport({ ...doc, deploy: of }, ports);
  return {
    repository: doc.repository,
    environment: doc.environment,
    runId: doc.runId,
    runNumber: doc.runNumber,
    runUrl: ports.links.run(doc.runId),
    commit: doc.commit,
    state: stateOf(doc),
    message: drift.digest === null ? (doc.failure?.message ?? null) : null,
    at: drift.at,
    since: drift.since,
    gone: drift.gone,
    // Nothing is applied here: none is planned again after another.
    projects: projects.map(({ upstream: _, ...project }) => project),
    kept: drift.unknown.filter((name) => Object.hasOwn(drift.drifted, name)),
    inSync: all.filter(({ status }) => status === 'empty').length,
    issue: drift.issue,
    notes: drift.notes,
    reconcile: drift.reconciledBy === null ? null : { url: ports.links.run(drift.reconciledBy) },
  };
}

function byName(projects: RunDocument['deploy']['projects'][string][]): RunDocument['deploy']['projects'] {
  return Object.fromEntries(projects.map((p) => [p.project.name, p]));
}

function stateOf({ outcome, drift }: RunDocument): DriftReport['state'] {
  if (outcome === 'superseded' || outcome === 'nothing') return 'discarded';
  if (drift && drift.digest !== null) return 'drifted';
  return outcome === 'failed' ? 'unknown' : 'in-sync';
}
