import { randomUUID } from 'node:crypto';
import type { Run } from '../core/requests/run.ts';
import type { Client } from './client.ts';
import { type ConnectionFlags, chooseRepository, connect } from './connection.ts';
import { CliError, EXIT, exitOf } from './exit.ts';
import { type Io, plain } from './io.ts';
import { waitForRuns } from './wait.ts';

export interface AskFlags extends ConnectionFlags {
  wait?: boolean;
  /** Minutes. */
  timeout?: string;
}

interface Answer {
  repository: string;
  started?: string[];
  runId?: string;
  message?: string;
  urls: Record<string, string>;
}

interface Asked {
  client: Client;
  answer: Answer;
  runIds: string[];
  /** As they ended; null if nobody waited. */
  runs: Run[] | null;
}

/** Asks for something, says what was started, and waits if that is wished. Answers the exit code. */
export async function ask(
  body: Record<string, unknown>,
  flags: AskFlags,
  io: Io,
  /** What else there is to tell of a run that ended. */
  ended: (client: Client, run: Run) => Promise<void> = async () => {},
): Promise<number> {
  const { client, answer, runIds, runs } = await askServer(body, flags, io, flags.json ? () => {} : io.out);
  if (runs === null) {
    if (flags.json) io.out(`${JSON.stringify(answer, null, 2)}\n`);
    else if (io.errIsTerminal) io.err(laterOn(runIds));
    return EXIT.ok;
  }
  if (flags.json) io.out(`${JSON.stringify({ ...answer, runs }, null, 2)}\n`);
  else for (const run of runs) await ended(client, run);
  return exitOf(runs);
}

/** Nobody waited, so nobody has heard yet whether it went well. */
function laterOn([id]: string[]): string {
  return id === undefined
    ? ''
    : `How it goes: cairn show ${id}. With --wait this stays until it has ended.\n`;
}

/** `say` hears what was started; what the runs do goes to standard error. */
export async function askServer(
  body: Record<string, unknown>,
  flags: AskFlags,
  io: Io,
  say: (text: string) => void,
): Promise<Asked> {
  const minutes = flags.timeout === undefined ? null : Number(flags.timeout);
  if (minutes !== null && !(minutes > 0)) throw new CliError(EXIT.usage, '--timeout is a number of minutes.');
  const client = await connect(flags, io);
  const repository = await chooseRepository(client, flags, io);
  // One key for this call: sent again after a broken connection, it is still one run.
  const answer = await sendOnce(client, { ...body, repository }, randomUUID());
  const runIds = answer.started ?? (answer.runId === undefined ? [] : [answer.runId]);

  if (answer.message) say(`${plain(answer.message)}\n`);
  for (const id of runIds) say(`${answer.message ? 'Run' : 'Started run'} ${id}: ${answer.urls[id] ?? ''}\n`);
  if (runIds.length === 0 && !answer.message) say('That started nothing.\n');
  return { client, answer, runIds, runs: flags.wait ? await waitForRuns(client, runIds, minutes, io) : null };
}

async function sendOnce(client: Client, body: unknown, key: string): Promise<Answer> {
  const send = () => client.post<Answer>('/requests', body, { 'idempotency-key': key });
  try {
    return await send();
  } catch (error) {
    if (!(error instanceof CliError) || error.code !== EXIT.unreachable) throw error;
    await new Promise((resolve) => setTimeout(resolve, 1000));
    return send();
  }
}

/** Without what was not given. */
export function given<T extends Record<string, unknown>>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}
