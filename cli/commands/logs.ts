import type { JobView, LogPart } from '../../api/jobs.ts';
import type { Client } from '../client.ts';
import { type ConnectionFlags, connect } from '../connection.ts';
import { CliError, EXIT } from '../exit.ts';
import { findRunId } from '../find-run.ts';
import { type Io, painter, plain } from '../io.ts';

interface LogsFlags extends ConnectionFlags {
  follow?: boolean;
}

/** `cairn logs RUN [JOB]`: the logs of all jobs of a run, or of one; `--follow` goes on until the run has ended. */
export async function logs(run: string, job: string | undefined, flags: LogsFlags, io: Io): Promise<number> {
  const client = await connect(flags, io);
  const runId = await findRunId(client, flags.repository, run);
  const show = printer(flags, io);
  if (flags.follow) {
    const path =
      job === undefined
        ? `/runs/${runId}/logs/follow`
        : `/runs/${runId}/jobs/${encodeURIComponent(job)}/follow`;
    for await (const { event, data } of client.follow(path, io.signal)) {
      const part = data as { job?: string; text: string };
      if (event === 'log') show(part.job ?? job ?? '', part.text);
    }
    return EXIT.ok;
  }

  const { jobs } = await client.get<{ jobs: JobView[] }>(`/runs/${runId}/jobs`);
  const wanted = job === undefined ? jobs : jobs.filter(({ id }) => id === job);
  if (job !== undefined && wanted.length === 0) {
    throw new CliError(
      EXIT.refused,
      `There is no job ${JSON.stringify(job)}; there is ${jobs.map(({ id }) => id).join(', ') || 'none'}.`,
    );
  }
  for (const { id } of wanted) {
    for await (const text of wholeLog(client, runId, id)) show(id, text);
  }
  return EXIT.ok;
}

async function* wholeLog(client: Client, runId: string, job: string): AsyncGenerator<string> {
  for (let offset = 0; ; ) {
    const part = await client.get<LogPart>(
      `/runs/${runId}/jobs/${encodeURIComponent(job)}/log?offset=${offset}`,
    );
    if (part.text !== '') yield part.text;
    if (part.ended || part.text === '') return;
    offset = part.next;
  }
}

/** Text, with a line above when another job speaks; or one JSON object per part. */
function printer(flags: LogsFlags, io: Io): (job: string, text: string) => void {
  const paint = painter(io, io.outIsTerminal);
  let speaking: string | null = null;
  let atLineStart = true;
  return (job, text) => {
    if (flags.json) {
      io.out(`${JSON.stringify({ job, text })}\n`);
      return;
    }
    if (speaking !== job) {
      io.out(
        `${atLineStart ? '' : '\n'}${speaking === null ? '' : '\n'}${paint(`==> ${plain(job)}`, 'bold')}\n`,
      );
      speaking = job;
    }
    io.out(plain(text));
    atLineStart = text.endsWith('\n');
  };
}
