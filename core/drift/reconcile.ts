import { freezeOf, frozenSentence } from '../environments/freeze.ts';
import type { Ports } from '../ports.ts';
import type { DriftRecord } from '../record/drift.ts';
import type { DeployRequest } from '../requests/request.ts';
import { ENDED } from '../requests/run.ts';
import { runId } from '../requests/run-id.ts';
import type { DriftPart, RunDocument } from '../runs/document.ts';
import { startRun } from '../runs/start.ts';
import type { RunInput } from '../steps/input.ts';

/** As many as a request names. */
const MOST = 200;

/** A deploy that was started by a look for drift, and by nobody. */
export function isReconciling(request: RunInput['request']): boolean {
  return (
    request.command === 'deploy' && request.origin.source === 'schedule' && request.projects !== undefined
  );
}

interface Reconciling {
  reconciledBy: string | null;
  /** Why it is not taken away now; null: it is, or it is not asked for. */
  note: string | null;
}

/**
 * Starts a deploy of the last good commit where that is configured: once for the same difference, whatever becomes of
 * it. What waits for a person, was rejected or did not help is not asked for again and again; only one that a newer
 * deploy pushed aside is.
 */
export async function reconcile(
  doc: RunDocument,
  drift: DriftPart,
  told: DriftRecord | null,
  ports: Pick<Ports, 'clock' | 'git' | 'locks' | 'runs' | 'source' | 'workflows'>,
): Promise<Reconciling> {
  const nothing = { reconciledBy: null, note: null };
  if (!drift.reconcile || drift.digest === null) return nothing;
  const before = told?.digest === drift.digest ? told.reconciledBy : null;
  if (before !== null && !(await mayBeFollowed(before, doc, ports))) {
    return { reconciledBy: before, note: null };
  }

  const projects = projectsOf(doc, drift);
  if (projects.length === 0) return nothing;
  const request = requestOf(doc, drift, projects, before);
  const { repository, environment } = doc;
  const id = runId('deploy', repository, environment, request.origin.trigger);
  const freeze = await freezeOf(ports, repository, environment);
  if (freeze) {
    return { reconciledBy: null, note: `It is taken away later: ${frozenSentence(environment, freeze)}.` };
  }
  // It would stand in the way of what people asked for, or be out of date when its turn comes.
  const holder = (await ports.locks.get(repository, environment))?.holder ?? null;
  if (holder && holder.runId !== id) {
    const run = await ports.runs.get(holder.runId);
    return { reconciledBy: null, note: `It is taken away later: run ${run?.number ?? '?'} comes first.` };
  }
  return { reconciledBy: await startRun('deploy', request, environment, ports), note: null };
}

/** Those that the last good commit still has, and that are known to differ now. */
function projectsOf(doc: RunDocument, drift: DriftPart): string[] {
  return Object.keys(drift.drifted)
    .filter((name) => !doc.reported.includes(name) && !drift.unknown.includes(name))
    .sort()
    .slice(0, MOST);
}

function requestOf(
  { repository, environment, commit, request }: RunDocument,
  { since, digest }: DriftPart,
  projects: string[],
  after: string | null,
): DeployRequest {
  const again = after === null ? '' : `-after-${after}`;
  const trigger = `drift-${since}-${digest?.slice(0, 16)}${again}`;
  const origin = { source: 'schedule' as const, login: request.origin.login, trigger };
  return { command: 'deploy', repository, environment, commit, projects, retry: false, origin };
}

/** By another one. Who asks by hand may ask again, but not while it is under way. */
async function mayBeFollowed(
  before: string,
  { request }: RunDocument,
  ports: Pick<Ports, 'runs'>,
): Promise<boolean> {
  const run = await ports.runs.get(before);
  if (!run) return false;
  if (request.command === 'drift' && request.reconcile) return ENDED.includes(run.state);
  return run.state === 'superseded';
}
