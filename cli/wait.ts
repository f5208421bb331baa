import type { RunView } from '../api/run-view.ts';
import type { StatusEvent } from '../core/reports/event.ts';
import { ENDED, type Run } from '../core/requests/run.ts';
import type { Client } from './client.ts';
import { CliError, EXIT } from './exit.ts';
import { type Io, type Paint, painter, paintState, plain } from './io.ts';

/** Shows on standard error what the runs do until they have ended; answers them as they are then. */
export async function waitForRuns(
  client: Client,
  runIds: string[],
  minutes: number | null,
  io: Io,
): Promise<Run[]> {
  const tooLong = new AbortController();
  const timer = minutes === null ? null : setTimeout(() => tooLong.abort(), minutes * 60_000);
  const signal = AbortSignal.any([io.signal, tooLong.signal]);
  try {
    return await Promise.all(runIds.map((id) => waitForRun(client, id, runIds.length > 1, signal, io)));
  } catch (error) {
    if (!tooLong.signal.aborted) throw error;
    throw new CliError(
      EXIT.timeout,
      `It takes longer than ${minutes} minutes. The run goes on: ${runIds.join(', ')}.`,
    );
  } finally {
    if (timer) clearTimeout(timer);
  }
}

async function waitForRun(
  client: Client,
  id: string,
  several: boolean,
  signal: AbortSignal,
  io: Io,
): Promise<Run> {
  const paint = painter(io, io.errIsTerminal);
  let run: Run | null = null;
  for await (const { event, data } of client.follow(`/runs/${id}/follow`, signal)) {
    // How it ended is said below, once.
    if (event === 'status' && (data as StatusEvent).kind !== 'run.ended')
      io.err(progress(data as StatusEvent, several, paint));
    if (event !== 'run') continue;
    const asksNow = (data as Run).state === 'waiting' && run?.state !== 'waiting';
    run = data as Run;
    if (asksNow) io.err(await question(client, run));
  }
  if (!run || !ENDED.includes(run.state))
    throw new CliError(EXIT.unreachable, `${client.server} stopped telling about run ${id}.`);
  io.err(`${paintState(paint, run.state)}: ${plain(run.title)}\n`);
  return run;
}

/** What is typed to let a waiting run go on. */
async function question(client: Client, run: Run): Promise<string> {
  const { waiting } = await client.get<RunView>(`/runs/${run.id}`);
  if (!waiting) return '';
  const at = `${run.environment} ${waiting.digest.slice(0, 7)} --repository ${run.repository}`;
  return `          It waits for approval: cairn show ${run.id}, then cairn approve ${at}\n`;
}

function progress({ at, message, runId }: StatusEvent, several: boolean, paint: Paint): string {
  return `${paint(at.slice(11, 19), 'dim')}  ${several ? `${runId.slice(0, 7)}  ` : ''}${plain(message)}\n`;
}
