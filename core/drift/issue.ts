import { isEphemeral } from '../ephemeral/name.ts';
import { ForgeRefused, NotFound } from '../errors.ts';
import type { Ports } from '../ports.ts';
import type { DriftRecord } from '../record/drift/drift.ts';
import { driftReport } from '../reports/drift-report.ts';
import { driftTitle, renderDriftGone, renderDriftIssue } from '../reports/github/drift-issue.ts';
import type { DriftPart, RunDocument } from '../runs/document.ts';

type Needs = Pick<Ports, 'artifacts' | 'issues' | 'links'>;
type Ref = DriftRecord['issue'];

/**
 * Nothing of it is kept or told beyond the run: what was found while a deploy was under way, and what an ephemeral
 * environment differs by, which is gone in a few hours while an issue would stay.
 */
export function isAside({ environment, outcome }: RunDocument): boolean {
  return outcome === 'superseded' || isEphemeral(environment);
}

/**
 * One issue per environment for good: edited in place, closed when the drift is gone, and opened again by the next.
 * A new one each time would leave a row of closed issues, and whoever follows the first would not hear of the second.
 * One that a person closed stays closed until the drift changes.
 */
export async function tellIssue(
  doc: RunDocument,
  told: DriftRecord | null,
  ports: Needs,
): Promise<{ issue: Ref; problem: string | null }> {
  const { drift } = doc;
  const issue = told?.issue ?? null;
  if (!drift || !isToBeWritten(drift, told)) return { issue, problem: null };
  try {
    return { issue: await write(doc, drift, issue, ports), problem: null };
  } catch (error) {
    // Issues are switched off, or not among what Cairn may do: all else is told all the same.
    if (!(error instanceof ForgeRefused || error instanceof NotFound)) throw error;
    return { issue, problem: `Its issue could not be written: ${error.message}` };
  }
}

/** The same drift is written again only where something new is to be said of it. */
function isToBeWritten(drift: DriftPart, told: DriftRecord | null): boolean {
  if (drift.gone) return told?.issue != null;
  if (drift.digest === null) return false;
  if (!drift.known || !told?.issue) return true;
  const unknown = Object.keys(told.unknown).sort().join('\n');
  return unknown !== [...drift.unknown].sort().join('\n') || told.reconciledBy !== drift.reconciledBy;
}

async function write(doc: RunDocument, drift: DriftPart, issue: Ref, ports: Needs): Promise<Ref> {
  const { repository, environment } = doc;
  const report = await driftReport(doc, ports);
  if (drift.gone) {
    return close(repository, issue, renderDriftGone(report), ports);
  }
  const shown = { title: driftTitle(environment), body: renderDriftIssue(report) };
  if (issue === null) return open(repository, shown, ports);
  try {
    // Edited for something else than the drift itself, it is not opened against who closed it.
    await ports.issues.edit(repository, issue.number, drift.known ? shown : { ...shown, state: 'open' });
    return issue;
  } catch (error) {
    // Somebody deleted it.
    if (!(error instanceof NotFound)) throw error;
    return open(repository, shown, ports);
  }
}

async function open(repository: string, shown: { title: string; body: string }, ports: Needs): Promise<Ref> {
  const { number, url } = await ports.issues.open(repository, shown);
  return { number, url };
}

async function close(repository: string, issue: Ref, body: string, ports: Needs): Promise<Ref> {
  if (issue === null) return null;
  try {
    await ports.issues.edit(repository, issue.number, { body, state: 'closed' });
  } catch (error) {
    // Somebody deleted it: that is closed enough.
    if (!(error instanceof NotFound)) throw error;
  }
  return issue;
}
