import type { Ephemeral } from '../../ephemeral/environment.ts';
import type { Ports } from '../../ports.ts';
import { parse, unreadable } from '../read.ts';
import { EMPTY_INDEX, INDEX_FILE, RECORD_REF, type RecordIndex, recordIndex } from '../schema.ts';
import {
  EPHEMERAL_HISTORY,
  EPHEMERAL_INDEX,
  type EphemeralLine,
  type EphemeralRecord,
  ephemeralFile,
  ephemeralIndex,
  ephemeralLine,
} from './schema.ts';

type Reading = Pick<Ports, 'git' | 'source'>;

const NOTHING: EphemeralRecord = { rows: {}, history: [] };

/** The record at a commit of it, as far as ephemeral environments go. What cannot be read is an error. */
export async function readEphemeralRecord(
  ports: Pick<Ports, 'source'>,
  repository: string,
  head: string | null,
): Promise<{ index: RecordIndex; record: EphemeralRecord }> {
  if (head === null) return { index: EMPTY_INDEX, record: NOTHING };
  const [indexText, text, historyText] = await Promise.all(
    [INDEX_FILE, EPHEMERAL_INDEX, EPHEMERAL_HISTORY].map((path) => ports.source.file(repository, head, path)),
  );
  if (indexText == null) throw unreadable(INDEX_FILE, 'it is not there');
  const index = parse(INDEX_FILE, indexText, recordIndex);
  if (!index.ephemeral) return { index, record: NOTHING };
  if (text == null) throw unreadable(EPHEMERAL_INDEX, 'it is not there');
  if (historyText == null) throw unreadable(EPHEMERAL_HISTORY, 'it is not there');
  const rows = parse(EPHEMERAL_INDEX, text, ephemeralIndex).environments;
  return { index, record: { rows, history: linesOf(historyText) } };
}

/** What exists by the record, with what became of others, newest first. */
export async function readEphemerals(
  ports: Reading,
  repository: string,
): Promise<EphemeralRecord & { head: string | null }> {
  const head = await ports.git.ref(repository, RECORD_REF);
  const { record } = await readEphemeralRecord(ports, repository, head);
  return { head, rows: record.rows, history: [...record.history].reverse() };
}

/** All that the record knows of an environment: what the registry held when it was written. */
export async function readEphemeral(
  ports: Pick<Ports, 'source'>,
  repository: string,
  head: string,
  environment: string,
): Promise<Ephemeral> {
  const file = ephemeralFile(environment);
  const text = await ports.source.file(repository, head, file);
  if (text === null) throw unreadable(file, 'it is not there');
  // Written by Cairn from what it had parsed; nobody else writes here.
  return JSON.parse(text) as Ephemeral;
}

function linesOf(text: string): EphemeralLine[] {
  const rows = text.split('\n').filter((line) => line !== '');
  return rows.map((row, at) => parse(`${EPHEMERAL_HISTORY}:${at + 1}`, row, ephemeralLine));
}
