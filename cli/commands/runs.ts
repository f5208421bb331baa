import { clipped } from '../../core/reports/text.ts';
import type { Run } from '../../core/requests/run.ts';
import { type ConnectionFlags, connect } from '../connection.ts';
import { EXIT } from '../exit.ts';
import { type Io, painter, paintState, table } from '../io.ts';

interface RunsFlags extends ConnectionFlags {
  environment?: string;
  pull?: string;
  workflow?: string;
  active?: boolean;
  limit?: string;
}

/** The whole of it is in `cairn show`. */
const LONGEST_TITLE = 100;

/** `cairn runs`: newest first. */
export async function runs(flags: RunsFlags, io: Io): Promise<number> {
  const client = await connect(flags, io);
  const { repository, environment, pull, workflow, limit } = flags;
  const asked = { repository, environment, pull, workflow, limit, active: flags.active ? 'true' : undefined };
  const query = new URLSearchParams(
    Object.entries(asked).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
  const answer = await client.get<{ runs: Run[] }>(`/runs?${query}`);
  if (flags.json) {
    io.out(`${JSON.stringify(answer, null, 2)}\n`);
    return EXIT.ok;
  }
  const several = new Set(answer.runs.map((run) => run.repository)).size > 1;
  const paint = painter(io, io.outIsTerminal);
  const rows = answer.runs.map((run) => [
    String(run.number),
    run.state,
    whatItDoes(run),
    run.commit?.slice(0, 7) ?? '-',
    run.startedAt.slice(0, 16).replace('T', ' '),
    clipped(several ? `${run.repository}: ${run.title}` : run.title, LONGEST_TITLE),
  ]);
  const head = ['RUN', 'STATE', 'WHAT', 'COMMIT', 'STARTED (UTC)', ''];
  io.out(table(head, rows, (_, column, text) => (column === 1 ? paintState(paint, text) : text)));
  return EXIT.ok;
}

export function whatItDoes(run: Pick<Run, 'workflow' | 'command' | 'environment' | 'pull'>): string {
  const { workflow, command, environment, pull } = run;
  if (workflow === 'plan') return `plan #${pull ?? '?'} ${environment}`;
  if (workflow === 'ephemeral') return `make ${environment}`;
  return `${command === 'rollback' ? 'rollback' : workflow} ${environment}`;
}
