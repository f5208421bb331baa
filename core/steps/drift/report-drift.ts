import { newsOf } from '../../drift/found.ts';
import { isAside, tellIssue } from '../../drift/issue.ts';
import { reconcile } from '../../drift/reconcile.ts';
import type { Ports } from '../../ports.ts';
import { type DriftRecord, readToldDrift, writeDrift } from '../../record/drift/drift.ts';
import { plural } from '../../reports/text.ts';
import type { DriftPart, RunDocument } from '../../runs/document.ts';
import { loadDocument, saveDocument } from '../../runs/store.ts';
import { tell } from '../../runs/tell.ts';
import { documentInput } from '../input.ts';
import { step } from '../step.ts';

/**
 * Tells what was found, once as long as it stays the same: one issue per environment, the record, and a deploy where
 * the difference is to be taken away. What is written stands in the record last: a step that is repeated finds the
 * issue by its marker and the deploy by its trigger.
 */
export const reportDrift = step({
  input: documentInput,
  ports: ['artifacts', 'clock', 'git', 'issues', 'links', 'locks', 'runs', 'source', 'status', 'workflows'],
  async run({ doc: key }, ports) {
    const doc = await loadDocument(ports, key);
    const next = isAside(doc) ? doc : await report(doc, ports);
    const saved = await saveDocument(ports, next);
    await tell(ports, next, 'drift.finished', sentenceOf(next));
    return { outcome: next.outcome, doc: saved };
  },
});

async function report(
  doc: RunDocument,
  ports: Pick<
    Ports,
    'artifacts' | 'clock' | 'git' | 'issues' | 'links' | 'locks' | 'runs' | 'source' | 'workflows'
  >,
): Promise<RunDocument> {
  const { repository, environment, runId, drift } = doc;
  if (!drift) throw new Error(`run ${runId} does not look for drift`);
  const told = await readToldDrift(ports, repository, environment);
  const { reconciledBy, note, reconciles } = await reconcile(doc, drift, told, ports);
  const known: DriftPart = { ...drift, reconciledBy, notes: note === null ? [] : [note] };
  const { issue, problem } = await tellIssue({ ...doc, drift: known }, told, ports);
  const part: DriftPart = {
    ...known,
    issue,
    notes: [...known.notes, ...(problem === null ? [] : [problem])],
  };

  await writeDrift(ports, repository, environment, runId, (current) => {
    const record = recordOf(part, current, reconciles);
    const what = newsOf(current, record);
    return what === null ? null : { drift: record, what };
  });
  return { ...doc, drift: part };
}

function recordOf(part: DriftPart, current: DriftRecord | null, reconciles: number): DriftRecord {
  const { since, at, digest, drifted, unknown, issue, reconciledBy } = part;
  const sinceWhen = unknown.map((name) => [name, current?.unknown[name] ?? at]);
  return {
    version: 1,
    since,
    at,
    digest,
    projects: drifted,
    unknown: Object.fromEntries(sinceWhen),
    issue: issue ?? current?.issue ?? null,
    reconciledBy,
    reconciles: digest === null ? 0 : reconciles,
  };
}

function sentenceOf({ outcome, environment, drift, failure }: RunDocument): string {
  if (outcome === 'superseded') return failure?.message ?? 'What was found is not told.';
  if (outcome === 'failed') return `Nothing in ${environment} could be compared.`;
  if (!drift || drift.digest === null) {
    const unknown = drift?.unknown ?? [];
    return unknown.length === 0
      ? `${environment} is as it was deployed.`
      : `No drift was found in ${environment}, but ${plural(unknown.length, 'project')} could not be compared: ${unknown.slice(0, 5).join(', ')}.`;
  }
  const count = Object.keys(drift.drifted).length;
  return `${environment} is not as it was deployed: ${plural(count, 'project')} ${count === 1 ? 'differs' : 'differ'}.`;
}
