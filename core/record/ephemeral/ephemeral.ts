import type { Ephemeral } from '../../ephemeral/environment.ts';
import type { FileChange, Ports } from '../../ports.ts';
import { pendingNews, putNews } from '../news.ts';
import { topPage } from '../pages.ts';
import { lines, parted } from '../parted.ts';
import { json } from '../record.ts';
import { INDEX_FILE, type RecordIndex } from '../schema.ts';
import { swapFiles } from '../write.ts';
import { ephemeralMessage } from './message.ts';
import { ephemeralPage } from './page.ts';
import { readEphemeralRecord } from './read.ts';
import {
  EPHEMERAL_HISTORY,
  EPHEMERAL_INDEX,
  EPHEMERAL_PAGE,
  type EphemeralLine,
  type EphemeralNews,
  type EphemeralRecord,
  type EphemeralRow,
  ephemeralFile,
} from './schema.ts';

type Writing = Pick<Ports, 'artifacts' | 'ephemerals' | 'git' | 'source'>;

/** The forge reads files of at most 1 MB; a line has about 300 bytes. */
const LINES = 2_000;
const LINES_KEPT = 500;

/**
 * Writes what happened to an ephemeral environment, and with it what exists now. Many may end in the same minute, and
 * a branch moves once at a time: so each puts its news where the others see them, and whoever is first writes the
 * news of all that wait. Repeatable: a run's event that is in the history is not written again.
 */
export async function recordNews(ports: Writing, repository: string, news: EphemeralNews): Promise<void> {
  await putNews(ports, repository, news);
  await writeEphemerals(ports, repository, news.at, news);
}

/** Makes the record say what the registry says, without any event of its own. Answers whether it did not before. */
export function mirrorEphemerals(ports: Writing, repository: string, at: string): Promise<boolean> {
  return writeEphemerals(ports, repository, at, null);
}

function writeEphemerals(
  ports: Writing,
  repository: string,
  at: string,
  mine: EphemeralNews | null,
): Promise<boolean> {
  return swapFiles<boolean>(ports, repository, async (head) => {
    const { index, record } = await readEphemeralRecord(ports, repository, head);
    if (mine && isTold(record.history, mine)) return { unchanged: true };

    // After the branch was read: whatever changes the registry from here on moves the branch, and this starts over.
    const news = await pendingNews(ports, repository, at, (one) => !isTold(record.history, one));
    const registry = await ports.ephemerals.list(repository);
    const history = [...record.history, ...numbered(news, record.history)];
    const standing = registry.filter((one) => isWorthTelling(one) && !isGone(one, history));
    const files = filesOf(record, standing, history, news.length > 0);
    if (files.length === 0) return { unchanged: false };

    const first = index.ephemeral ? [] : topFiles({ ...index, ephemeral: true });
    return { files: [...first, ...files], message: ephemeralMessage(news), date: at, next: true };
  });
}

function isTold(history: EphemeralLine[], { run, event }: Pick<EphemeralNews, 'run' | 'event'>): boolean {
  return history.some((line) => line.run === run && line.event === event);
}

/** One that nothing was applied to holds nothing, and its launch may be taken back without a word. */
function isWorthTelling({ applied }: Ephemeral): boolean {
  return Object.keys(applied).length > 0;
}

/** Its run has told of its end, and is about to take it out of the registry. */
function isGone({ environment, runId }: Ephemeral, history: EphemeralLine[]): boolean {
  return history.some(
    (line) => line.event === 'destroyed' && line.run === runId && line.environment === environment,
  );
}

function numbered(news: EphemeralNews[], history: EphemeralLine[]): EphemeralLine[] {
  const last = history.at(-1)?.number ?? 0;
  return news.map((one, at) => ({ number: last + at + 1, ...one }));
}

/** Empty if all of it stands there already. */
function filesOf(
  before: EphemeralRecord,
  standing: Ephemeral[],
  history: EphemeralLine[],
  hasNews: boolean,
): FileChange[] {
  const rows = Object.fromEntries(standing.map((one) => [one.environment, rowOf(one)]));
  const changed = standing.filter(
    ({ environment, version }) => before.rows[environment]?.version !== version,
  );
  const gone = Object.keys(before.rows).filter((name) => !Object.hasOwn(rows, name));
  if (!hasNews && changed.length === 0 && gone.length === 0) return [];
  return [
    { path: EPHEMERAL_INDEX, content: json({ version: 1, environments: rows }) },
    { path: EPHEMERAL_PAGE, content: ephemeralPage(rows, history) },
    ...changed.map((one) => ({ path: ephemeralFile(one.environment), content: json(withoutMail(one)) })),
    ...gone.map((name) => ({ path: ephemeralFile(name), content: null })),
    ...historyFiles(history),
  ];
}

function rowOf({ state, ref, commit, owner, endsAt, outputs, version }: Ephemeral): EphemeralRow {
  return { state, ref, commit, owner, endsAt, outputs, version };
}

/** Whoever may read the repository may read this. */
function withoutMail(one: Ephemeral): Ephemeral {
  return { ...one, email: null };
}

function historyFiles(history: EphemeralLine[]): FileChange[] {
  const { older, newest } = parted(history, { most: LINES, kept: LINES_KEPT });
  const file = { path: EPHEMERAL_HISTORY, content: lines(newest) };
  if (older.length === 0) return [file];
  const name = `ephemeral/history-${older[0]?.number}-${older.at(-1)?.number}.jsonl`;
  return [file, { path: name, content: lines(older) }];
}

/** The page that people see first says where the others are. */
function topFiles(index: RecordIndex): FileChange[] {
  return [
    { path: 'README.md', content: topPage(index) },
    { path: INDEX_FILE, content: json(index) },
  ];
}
