import { z } from 'zod';
import type { Counts } from '../../plans/plan.ts';
import type { FileChange, Ports } from '../../ports.ts';
import { countsText } from '../../reports/comments/overview.ts';
import { environmentPage, topPage } from '../pages.ts';
import { parse, readRecordState } from '../read.ts';
import { json } from '../record.ts';
import { EMPTY_INDEX, freezeIn, INDEX_FILE, RECORD_REF, type RecordIndex } from '../schema.ts';
import { swapFiles } from '../write.ts';
import { type DriftLine, driftLine, driftWords } from './line.ts';
import { driftPage } from './page.ts';

type Reading = Pick<Ports, 'git' | 'source'>;

const count = z.number().int().nonnegative();
const counts = z.object({
  add: count,
  change: count,
  destroy: count,
  replace: count,
  import: count,
  forget: count,
  move: count,
  outputs: count,
  drift: count,
}) satisfies z.ZodType<Counts>;

/** `environments/<environment>/drift.json`: what was told last of how an environment differs from what was deployed. */
const driftRecord = z.object({
  version: z.literal(1),
  /** Since when there is a difference; null: there is none. ISO 8601, UTC. */
  since: z.string().nullable(),
  /** When it was found to be as it is here: what stays the same is not written again. */
  at: z.string(),
  /** Of all differences together. */
  digest: z.string().nullable(),
  projects: z.record(z.string(), z.object({ digest: z.string(), counts })),
  /** Projects that could not be compared, with since when. */
  unknown: z.record(z.string(), z.string()),
  /** The environment's issue; it stays its own when the difference is gone, and is opened again by the next. */
  issue: z.object({ number: z.number().int().positive(), url: z.string() }).nullable(),
  /** The run that was started to take this difference away. */
  reconciledBy: z.string().nullable(),
  /** How many were started since then by themselves, for this difference and for those before it. */
  reconciles: z.number().int().nonnegative().default(0),
});
export type DriftRecord = z.infer<typeof driftRecord>;

/** What the forge reads of a file is 1 MB at most. */
const HISTORY_ROOM = 500_000;

function driftFile(environment: string): string {
  return `environments/${environment}/drift.json`;
}

function driftHistoryFile(environment: string): string {
  return `environments/${environment}/drift.jsonl`;
}

/** What was told last, also that a difference is gone; null: nothing was ever told. */
export async function readToldDrift(
  ports: Reading,
  repository: string,
  environment: string,
): Promise<DriftRecord | null> {
  const head = await ports.git.ref(repository, RECORD_REF);
  return head === null ? null : driftAt(ports, repository, environment, head);
}

/** How an environment differs from what was deployed, as far as is known; null: no difference is known. */
export async function readDrift(
  ports: Reading,
  repository: string,
  environment: string,
): Promise<DriftRecord | null> {
  const told = await readToldDrift(ports, repository, environment);
  return told && (told.digest !== null || Object.keys(told.unknown).length > 0) ? told : null;
}

/** The newest lines of its history, newest first. */
export async function readDriftHistory(
  ports: Reading,
  repository: string,
  environment: string,
  limit: number,
): Promise<DriftLine[]> {
  const head = await ports.git.ref(repository, RECORD_REF);
  if (head === null) return [];
  const file = driftHistoryFile(environment);
  return linesOf(environment, rowsOf(await ports.source.file(repository, head, file)))
    .slice(-limit)
    .reverse();
}

/**
 * Writes what is told of an environment's drift, by compare-and-swap. `next` answers null where nothing is to be
 * written; it is asked again whenever somebody else was faster. Repeatable: what stands there is not written twice.
 */
export async function writeDrift(
  ports: Reading,
  repository: string,
  environment: string,
  run: string,
  next: (current: DriftRecord | null) => { drift: DriftRecord; what: DriftLine['what'] } | null,
): Promise<DriftRecord | null> {
  return swapFiles<DriftRecord | null>(ports, repository, async (head) => {
    const current = head === null ? null : await driftAt(ports, repository, environment, head);
    const change = next(current);
    if (change === null) return { unchanged: current };
    const { drift, what } = change;
    const line: DriftLine = {
      at: drift.at,
      run,
      what,
      digest: drift.digest,
      where: whereOf(drift),
      unknown: Object.keys(drift.unknown).sort(),
    };
    const file = driftHistoryFile(environment);
    const before = head === null ? [] : rowsOf(await ports.source.file(repository, head, file));
    const rows = newest([...before, JSON.stringify(line)]);
    return {
      files: [
        { path: driftFile(environment), content: json(drift) },
        { path: file, content: rows.map((row) => `${row}\n`).join('') },
        {
          path: `environments/${environment}/drift.md`,
          content: driftPage(environment, linesOf(environment, rows)),
        },
        ...(await pages(ports, repository, environment, head, drift)),
      ],
      message: `${environment}: ${driftWords(line)}\n\nCairn-Run: ${run}\nCairn-Environment: ${environment}\n`,
      date: drift.at,
      next: drift,
    };
  });
}

/** `app (1 to change), network (2 to add)`: at most three projects by name. */
export function whereOf({ projects }: Pick<DriftRecord, 'projects'>): string {
  const names = Object.keys(projects).sort();
  const shown = names.slice(0, 3).map((name) => {
    const of = projects[name];
    return of ? `${name} (${countsText(of.counts)})` : name;
  });
  return [...shown, ...(names.length > 3 ? [`${names.length - 3} more`] : [])].join(', ');
}

async function driftAt(
  ports: Pick<Ports, 'source'>,
  repository: string,
  environment: string,
  head: string,
): Promise<DriftRecord | null> {
  const file = driftFile(environment);
  const text = await ports.source.file(repository, head, file);
  return text === null ? null : parse(file, text, driftRecord);
}

/** The pages that show it. */
async function pages(
  ports: Pick<Ports, 'source'>,
  repository: string,
  environment: string,
  head: string | null,
  drift: DriftRecord,
): Promise<FileChange[]> {
  const state = head === null ? null : await readRecordState(ports, repository, environment, head);
  const index = withDrift(state?.index ?? EMPTY_INDEX, environment, drift);
  const top = [
    { path: 'README.md', content: topPage(index) },
    { path: INDEX_FILE, content: json(index) },
  ];
  if (!state?.environment) return top;
  const marks = { freeze: freezeIn(index, environment), drift: index.drift[environment] ?? null };
  const content = environmentPage(environment, state.environment, state.history, marks);
  return [...top, { path: `environments/${environment}/README.md`, content }];
}

function withDrift(index: RecordIndex, environment: string, drift: DriftRecord): RecordIndex {
  const { [environment]: _, ...others } = index.drift;
  if (drift.since === null) return { ...index, drift: others };
  const shown = { since: drift.since, where: whereOf(drift), issue: drift.issue };
  return { ...index, drift: { ...others, [environment]: shown } };
}

function linesOf(environment: string, rows: string[]): DriftLine[] {
  return rows.map((row, at) => parse(`${driftHistoryFile(environment)}:${at + 1}`, row, driftLine));
}

function rowsOf(text: string | null): string[] {
  return (text ?? '').split('\n').filter((row) => row !== '');
}

/** Whole lines, the newest of them, within what the forge reads. */
function newest(rows: string[]): string[] {
  let room = HISTORY_ROOM;
  const from = rows.findLastIndex((row) => {
    room -= row.length + 1;
    return room < 0;
  });
  return rows.slice(from + 1);
}
