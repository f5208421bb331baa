import { freezeOf, frozenSentence } from '../environments/freeze.ts';
import type { Ports } from '../ports.ts';
import type { DriftRecord } from '../record/drift/drift.ts';
import type { DeployRequest } from '../requests/request.ts';
import { ENDED, type Run } from '../requests/run.ts';
import { runId } from '../requests/run-id.ts';
import type { DriftPart, RunDocument } from '../runs/document.ts';
import { startRun } from '../runs/start.ts';
import type { RunInput } from '../steps/input.ts';

/** As many as a request names. */
const MOST = 200;

/**
 * A deploy of what stands already, which brings nothing newer: a look for drift started it, or a command that
 * replaces resources. Only these name projects.
 */
export function isOfWhatStands(request: RunInput['request']): boolean {
  return request.command === 'deploy' && request.projects !== undefined;
}

/** So many deploys that did not help, or whose help did not last, are enough: one that heals nothing heals nothing. */
const TRIES = 3;

interface Reconciling {
  reconciledBy: string | null;
  /** Why it is not taken away now; null: it is, or it is not asked for. */
  note: string | null;
  /** Deploys that were started by themselves since there is a difference. */
  reconciles: number;
}

/**
 * Starts a deploy of the last good commit where that is configured. What waits for a person, was rejected or failed
 * is not asked for again by the same difference; one that a newer deploy pushed aside is, and one that went through
 * where the difference is back. A difference that is back, or is another one, at each look (a clock in a
 * configuration, something else that writes there) is not followed for ever: it has to be gone once before the next
 * deploy is started by itself.
 */
export async function reconcile(
  doc: RunDocument,
  drift: DriftPart,
  told: DriftRecord | null,
  ports: Pick<Ports, 'clock' | 'git' | 'locks' | 'runs' | 'source' | 'workflows'>,
): Promise<Reconciling> {
  const reconciles = told?.digest ? told.reconciles : 0;
  const none = (note: string | null = null) => ({ reconciledBy: null, note, reconciles });
  if (!drift.reconcile || drift.digest === null) return none();
  const projects = projectsOf(doc, drift);
  const before = told?.digest === drift.digest ? told.reconciledBy : null;
  const former = before === null ? null : await ports.runs.get(before);
  // What is told was told by this very look: this step is repeated.
  const isStarted = before !== null && (told?.at === drift.at || !mayBeFollowed(former, doc));
  if (isStarted) return { ...none(), reconciledBy: before };

  if (projects.length === 0) return none();
  // One that follows another that never began, and one that a person asked for, are none of their own accord.
  const isOwn = !isAsked(doc) && former?.state !== 'superseded';
  if (isOwn && reconciles >= TRIES) {
    return none(
      `It is not taken away any more: ${reconciles} deploys were started since it was found, and it still differs. Once it is gone, the next one is followed again; until then \`cairn drift ${doc.environment} --reconcile\` starts a deploy.`,
    );
  }
  const { repository, environment } = doc;
  const freeze = await freezeOf(ports, repository, environment);
  if (freeze) return none(`It is taken away later: ${frozenSentence(environment, freeze)}.`);
  const request = requestOf(doc, drift, projects, { before, reconciles });
  const id = runId('deploy', repository, environment, request.origin.trigger);
  // It would stand in the way of what people asked for, or be out of date when its turn comes.
  const holder = (await ports.locks.get(repository, environment))?.holder ?? null;
  if (holder && holder.runId !== id) {
    const run = await ports.runs.get(holder.runId);
    return none(`It is taken away later: run ${run?.number ?? '?'} comes first.`);
  }
  const reconciledBy = await startRun('deploy', request, environment, ports);
  return { reconciledBy, note: null, reconciles: reconciles + (isOwn ? 1 : 0) };
}

function isAsked({ request }: RunDocument): boolean {
  return request.command === 'drift' && request.reconcile === true;
}

/** Those that the last good commit still has, and that are known to differ now. */
function projectsOf(doc: RunDocument, drift: DriftPart): string[] {
  return Object.keys(drift.drifted)
    .filter((name) => !doc.reported.includes(name) && !drift.unknown.includes(name))
    .sort()
    .slice(0, MOST);
}

function requestOf(
  doc: RunDocument,
  { since, digest }: DriftPart,
  projects: string[],
  { before, reconciles }: { before: string | null; reconciles: number },
): DeployRequest {
  const { repository, environment, commit, request } = doc;
  // By what is known of it: the same look twice is one run, and a later one is another, also where it had to wait.
  const later = before === null ? `-${reconciles}` : `-after-${before}`;
  const again = isAsked(doc) ? `-asked-${doc.runId}` : later;
  const trigger = `drift-${since}-${digest?.slice(0, 16)}${again}`;
  const origin = { source: 'schedule' as const, login: request.origin.login, trigger };
  return { command: 'deploy', repository, environment, commit, projects, retry: false, origin };
}

/** By another one. Who asks by hand may ask again, but not while it is under way. */
function mayBeFollowed(former: Run | null, doc: RunDocument): boolean {
  // One that is not known any more was long ago.
  if (isAsked(doc)) return former === null || ENDED.includes(former.state);
  // One that was refused, by a freeze that came while it waited for a person, has tried nothing.
  return former !== null && ['superseded', 'refused', 'succeeded'].includes(former.state);
}
