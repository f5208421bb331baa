import { z } from 'zod';
import { InvalidInput } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { buildFile, nameOf } from './builds.ts';
import type { RecordState } from './record.ts';
import {
  type EnvironmentRecord,
  environmentRecord,
  freezeIn,
  type HistoryLine,
  historyFile,
  historyLine,
  INDEX_FILE,
  RECORD_REF,
  type RecordFreeze,
  type RecordIndex,
  type RecordOutline,
  recordIndex,
  stateFile,
} from './schema.ts';

/** Files that are read at once. */
const AT_ONCE = 20;

const outputs = z.record(z.string(), z.string());

type Reading = Pick<Ports, 'git' | 'source'>;

/** For those who look often or at many, and deploy nothing: each large build would be one more file to read. */
export async function readOutline(
  ports: Reading,
  repository: string,
  environment: string,
): Promise<RecordOutline | null> {
  const head = await ports.git.ref(repository, RECORD_REF);
  return head === null ? null : (await readState(ports, repository, environment, head)).environment;
}

/** An environment's state. Null: it was never deployed. What cannot be read is an error, never "never deployed". */
export async function readRecord(
  ports: Reading,
  repository: string,
  environment: string,
): Promise<EnvironmentRecord | null> {
  const head = await ports.git.ref(repository, RECORD_REF);
  if (head === null) return null;

  const { environment: record } = await readState(ports, repository, environment, head);
  return record && withOutputs(ports, repository, environment, { head, record });
}

/** As it was frozen and not unfrozen since. */
export async function readFreeze(
  ports: Reading,
  repository: string,
  environment: string,
): Promise<RecordFreeze | null> {
  return freezeIn(await readIndex(ports, repository), environment);
}

/** All that were frozen and not unfrozen since, by environment. */
export async function readFreezes(ports: Reading, repository: string): Promise<Record<string, RecordFreeze>> {
  return (await readIndex(ports, repository))?.freezes ?? {};
}

/** Names of all environments that were ever deployed, also of those that `cairn.yaml` has no more. */
export async function deployedEnvironments(ports: Reading, repository: string): Promise<string[]> {
  return Object.keys((await readIndex(ports, repository))?.environments ?? {});
}

async function readIndex(ports: Reading, repository: string): Promise<RecordIndex | null> {
  const head = await ports.git.ref(repository, RECORD_REF);
  if (head === null) return null;

  const text = await ports.source.file(repository, head, INDEX_FILE);
  if (text === null) throw unreadable(INDEX_FILE, 'it is not there');
  return parse(INDEX_FILE, text, recordIndex);
}

/** The newest deployments of an environment, newest first. */
export async function readHistory(
  ports: Reading,
  repository: string,
  environment: string,
  limit: number,
): Promise<HistoryLine[]> {
  const head = await ports.git.ref(repository, RECORD_REF);
  if (head === null) return [];

  const state = await readRecordState(ports, repository, environment, head);
  return state.history.slice(-limit).reverse();
}

/** The record at a commit of it: everything that the next entry is computed from. Large outputs are named, not read. */
export async function readRecordState(
  ports: Pick<Ports, 'source'>,
  repository: string,
  environment: string,
  head: string,
): Promise<RecordState> {
  const state = await readState(ports, repository, environment, head);
  if (state.environment === null) return { ...state, history: [] };

  const file = historyFile(environment);
  const text = await ports.source.file(repository, head, file);
  if (text === null) throw unreadable(file, 'it is not there');

  const rows = text.split('\n').filter((line) => line !== '');
  return { ...state, history: rows.map((row, at) => parse(`${file}:${at + 1}`, row, historyLine)) };
}

async function readState(
  ports: Pick<Ports, 'source'>,
  repository: string,
  environment: string,
  head: string,
): Promise<Omit<RecordState, 'history'>> {
  const [indexText, text] = await Promise.all(
    [INDEX_FILE, stateFile(environment)].map((path) => ports.source.file(repository, head, path)),
  );
  if (indexText == null) throw unreadable(INDEX_FILE, 'it is not there');

  const index = parse(INDEX_FILE, indexText, recordIndex);
  const isKnown = Object.hasOwn(index.environments, environment);
  if (text == null && !isKnown) return { index, environment: null };
  // An environment taken for a new one would be deployed over what is there, without a last good commit.
  if (text == null) throw unreadable(stateFile(environment), 'it is not there');
  if (!isKnown) throw unreadable(INDEX_FILE, `it does not name ${environment}, whose state is there`);

  return { index, environment: parse(stateFile(environment), text, environmentRecord) };
}

/** The state with all outputs, as a deployment goes back to them. */
async function withOutputs(
  ports: Pick<Ports, 'source'>,
  repository: string,
  environment: string,
  { head, record }: { head: string; record: EnvironmentRecord },
): Promise<EnvironmentRecord> {
  const names = [...new Set(Object.values(record.projects).flatMap(({ buildIn }) => buildIn ?? []))];
  const found = new Map<string, Record<string, string>>();
  for (let at = 0; at < names.length; at += AT_ONCE) {
    const read = names.slice(at, at + AT_ONCE).map(async (name) => {
      found.set(name, await readOutputs(ports, repository, head, buildFile(environment, name), name));
    });
    await Promise.all(read);
  }
  const projects = Object.entries(record.projects).map(([project, { buildIn, ...known }]) => {
    return [project, buildIn === undefined ? known : { ...known, buildOutputs: found.get(buildIn) ?? {} }];
  });
  return { ...record, projects: Object.fromEntries(projects) };
}

async function readOutputs(
  ports: Pick<Ports, 'source'>,
  repository: string,
  head: string,
  file: string,
  name: string,
): Promise<Record<string, string>> {
  const text = await ports.source.file(repository, head, file);
  if (text === null) throw unreadable(file, 'it is not there');
  if (nameOf(text) !== name) throw unreadable(file, 'it is not what was written');
  return parse(file, text, outputs);
}

export function parse<T>(file: string, text: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw unreadable(file, `it is not JSON (${(error as Error).message})`, error);
  }

  const checked = schema.safeParse(value);
  if (!checked.success) throw unreadable(file, z.prettifyError(checked.error), checked.error);

  return checked.data;
}

export function unreadable(file: string, why: string, cause?: unknown): InvalidInput {
  return new InvalidInput(
    `The record cannot be read: ${file} on the branch cairn/record: ${why}. Somebody else wrote there: revert their commit, or restore the file from the one before.`,
    { cause },
  );
}
