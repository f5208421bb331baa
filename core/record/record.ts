import type { FileChange } from '../ports.ts';
import { ownFile, withoutOutputs } from './builds.ts';
import type { RecordEntry } from './entry.ts';
import { recordMessage } from './message.ts';
import { environmentPage, topPage } from './pages.ts';
import { lines, parted } from './parted.ts';
import {
  driftIn,
  EMPTY_INDEX,
  type EnvironmentRecord,
  freezeIn,
  type HistoryLine,
  historyFile,
  INDEX_FILE,
  type RecordIndex,
  stateFile,
} from './schema.ts';

/** What stands in the record at one commit of it, as far as one environment needs it. */
export interface RecordState {
  index: RecordIndex;
  /** Null: never deployed. */
  environment: EnvironmentRecord | null;
  /** Oldest first; the newest deployments (older ones stand in files of their own). */
  history: HistoryLine[];
}

export interface RecordChange {
  files: FileChange[];
  message: string;
  next: EnvironmentRecord;
}

/** At most this many good commits are offered to go back to. */
const GOOD = 50;

/** 2,000 lines of about 400 bytes: the forge reads files of at most 1 MB. */
const LINES = 2_000;
const LINES_KEPT = 200;

/** True if this run's deployment is in the history already: it is not written twice. */
export function isRecorded(current: RecordState, runId: string): boolean {
  return current.history.some((line) => line.run === runId);
}

/** The commit of the record that an entry makes, as a value. */
export function recordFiles(current: RecordState | null, entry: RecordEntry): RecordChange {
  const before = current?.environment ?? null;
  const next = nextRecord(before, entry);
  const line = lineOf(entry, next.deployment);
  const history = [...(current?.history ?? []), line];
  const { record: slim, files: builds } = withoutOutputs(entry.environment, next);
  const built = entry.build && ownFile(entry.environment, entry.build);
  const index = indexWith(current?.index ?? null, entry.environment, next);

  return {
    files: [
      ...stateFiles(entry.environment, index, slim, history),
      ...historyFiles(entry.environment, history),
      ...builds,
      ...(built && !builds.some(({ path }) => path === built.file.path) ? [built.file] : []),
    ],
    message: recordMessage(entry, line),
    next,
  };
}

/** The files that show an environment's state. */
function stateFiles(
  environment: string,
  index: RecordIndex,
  next: EnvironmentRecord,
  history: HistoryLine[],
): FileChange[] {
  return [
    { path: 'README.md', content: topPage(index) },
    { path: INDEX_FILE, content: json(index) },
    { path: stateFile(environment), content: json(next) },
    {
      path: `environments/${environment}/README.md`,
      content: environmentPage(environment, next, history, {
        freeze: freezeIn(index, environment),
        drift: driftIn(index, environment),
      }),
    },
  ];
}

function indexWith(
  index: RecordIndex | null,
  environment: string,
  { state, commit, deployment, at }: EnvironmentRecord,
): RecordIndex {
  const environments = { ...index?.environments, [environment]: { state, commit, deployment, at } };
  return { ...(index ?? EMPTY_INDEX), environments };
}

function nextRecord(before: EnvironmentRecord | null, entry: RecordEntry): EnvironmentRecord {
  const { after, outcome, commit, runId, at } = entry;
  const deployment = (before?.deployment ?? 0) + 1;
  const projects = Object.entries({ ...before?.projects }).filter(([name]) => !after.removed.includes(name));
  const applied = Object.entries(after.projects).map(([name, project]) => [name, { ...project, deployment }]);
  // There is nothing to go back to once nothing stands.
  const former = outcome === 'destroyed' ? [] : (before?.good ?? []);
  const good =
    after.commit === null ? former : [after.commit, ...former.filter((sha) => sha !== after.commit)];

  return {
    version: 1,
    state: after.state,
    commit: after.commit,
    good: good.slice(0, GOOD),
    deployment,
    at,
    // A command is no deployment: the last one stays what it was.
    last: entry.command && before ? before.last : { commit, outcome, run: runId },
    projects: Object.fromEntries([...projects, ...applied]),
    failed: after.failed,
    revert: after.revert,
    broken: after.broken,
  };
}

function lineOf(entry: RecordEntry, number: number): HistoryLine {
  const { at, outcome, commit, runId, applied, planDigest, requestedBy, approvedBy, failure, build } = entry;
  const built = build && ownFile(entry.environment, build);
  return {
    number,
    at,
    outcome,
    command: entry.command ?? null,
    commit,
    good: entry.after.commit,
    run: runId,
    projects: applied,
    planDigest,
    requestedBy,
    approvedBy,
    failure: failure === null ? null : firstLine(failure),
    despiteFreeze: entry.despiteFreeze ?? null,
    build: built ? {} : build,
    ...(built ? { buildIn: built.name } : {}),
  };
}

function historyFiles(environment: string, history: HistoryLine[]): FileChange[] {
  const { older, newest } = parted(history, { most: LINES, kept: LINES_KEPT });
  const file = { path: historyFile(environment), content: lines(newest) };
  if (older.length === 0) return [file];
  const name = `history-${older[0]?.number}-${older.at(-1)?.number}.jsonl`;
  return [file, { path: `environments/${environment}/${name}`, content: lines(older) }];
}

/** At most 500 characters: a table cell and a line of a log. */
function firstLine(text: string): string {
  const line = text.split('\n').find((one) => one.trim() !== '') ?? '';
  return Array.from(line.trim()).slice(0, 500).join('');
}

/** Sorted keys and one value a line: `git diff` of the record shows what changed and nothing else. */
export function json(value: unknown): string {
  return `${JSON.stringify(sorted(value), null, 2)}\n`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;

  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
