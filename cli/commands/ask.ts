import { randomUUID } from 'node:crypto';
import type { Client } from '../client.ts';
import { type ConnectionFlags, chooseRepository, connect, fullCommit } from '../connection.ts';
import { CliError, EXIT } from '../exit.ts';
import { type Io, plain } from '../io.ts';
import { waitForRuns } from '../wait.ts';

interface AskFlags extends ConnectionFlags {
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

export async function plan(
  pull: string,
  flags: AskFlags & { project?: string; environment?: string; commit?: string },
  io: Io,
): Promise<number> {
  const number = Number(/^#?(\d{1,9})$/.exec(pull)?.[1] ?? Number.NaN);
  if (!(number > 0))
    throw new CliError(EXIT.usage, `A pull request is a number, such as 12, not ${JSON.stringify(pull)}.`);
  const { project, environment } = flags;
  const commit = await fullCommit(flags.commit, io);
  return ask({ command: 'plan', pull: number, ...given({ project, environment, commit }) }, flags, io);
}

export async function deploy(
  environment: string,
  commit: string | undefined,
  flags: AskFlags & { retry?: boolean },
  io: Io,
): Promise<number> {
  const full = await fullCommit(commit, io);
  return ask(
    { command: 'deploy', environment, retry: flags.retry ?? false, ...given({ commit: full }) },
    flags,
    io,
  );
}

export async function rollback(
  environment: string,
  commit: string | undefined,
  flags: AskFlags,
  io: Io,
): Promise<number> {
  const full = await fullCommit(commit, io);
  return ask({ command: 'rollback', environment, ...given({ commit: full }) }, flags, io);
}

export async function approve(environment: string, digest: string, flags: AskFlags, io: Io): Promise<number> {
  return ask({ command: 'approve', environment, digest: digest.toLowerCase() }, flags, io);
}

export async function reject(
  environment: string,
  reason: string[],
  flags: AskFlags,
  io: Io,
): Promise<number> {
  return ask(
    { command: 'reject', environment, ...given({ reason: reason.join(' ') || undefined }) },
    flags,
    io,
  );
}

async function ask(body: Record<string, unknown>, flags: AskFlags, io: Io): Promise<number> {
  const minutes = flags.timeout === undefined ? null : Number(flags.timeout);
  if (minutes !== null && !(minutes > 0)) throw new CliError(EXIT.usage, '--timeout is a number of minutes.');
  const client = await connect(flags, io);
  const repository = await chooseRepository(client, flags, io);
  // One key for this call: sent again after a broken connection, it is still one run.
  const answer = await sendOnce(client, { ...body, repository }, randomUUID());
  const runIds = answer.started ?? (answer.runId === undefined ? [] : [answer.runId]);

  if (!flags.json) {
    if (answer.message) io.out(`${plain(answer.message)}\n`);
    for (const id of runIds)
      io.out(`${answer.message ? 'Run' : 'Started run'} ${id}: ${answer.urls[id] ?? ''}\n`);
    if (runIds.length === 0 && !answer.message) io.out('That started nothing.\n');
  }
  if (!flags.wait) {
    if (flags.json) io.out(`${JSON.stringify(answer, null, 2)}\n`);
    return EXIT.ok;
  }
  const runs = await waitForRuns(client, runIds, minutes, io);
  if (flags.json) io.out(`${JSON.stringify({ ...answer, runs }, null, 2)}\n`);
  return runs.every(({ state }) => state === 'succeeded') ? EXIT.ok : EXIT.bad;
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

function given<T extends Record<string, string | undefined>>(values: T): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}
