import type { EnvironmentView } from '../../api/environments.ts';
import { type ConnectionFlags, connect } from '../connection.ts';
import { EXIT } from '../exit.ts';
import { type Io, painter, paintState, plain, table } from '../io.ts';

interface Answer {
  environments: EnvironmentView[];
  problems: { repository: string; problem: string }[];
}

/** `cairn status`: the environments. Bad if one is broken, so that a script can ask. */
export async function status(flags: ConnectionFlags, io: Io): Promise<number> {
  const client = await connect(flags, io);
  const query = flags.repository === undefined ? '' : `?repository=${encodeURIComponent(flags.repository)}`;
  const answer = await client.get<Answer>(`/environments${query}`);
  const isBad =
    answer.problems.length > 0 ||
    answer.environments.some(({ state }) => state === 'broken' || state === 'unknown');
  const code = isBad ? EXIT.bad : EXIT.ok;
  if (flags.json) {
    io.out(`${JSON.stringify(answer, null, 2)}\n`);
    return code;
  }

  const paint = painter(io, io.outIsTerminal);
  const { environments } = answer;
  const several = new Set(environments.map(({ repository }) => repository)).size > 1;
  const head = ['ENVIRONMENT', 'STATE', 'LAST GOOD', 'LATEST RUN', 'WAITS FOR'];
  const rows = environments.map((one) => [
    several ? `${one.repository} ${one.name}` : one.name,
    one.state,
    one.lastGood?.slice(0, 7) ?? '-',
    one.latestRun ? `${one.latestRun.number} ${one.latestRun.state}` : '-',
    waitsFor(one),
  ]);
  io.out(table(head, rows, (_, column, text) => (column === 1 ? paintState(paint, text) : text)));
  for (const one of environments) {
    if (one.reason !== null) io.out(`\n${one.name}: ${plain(one.reason)}\n`);
    if (one.waiting) {
      const repository = several ? ` --repository ${one.repository}` : '';
      io.out(`\n${one.name} waits for approval. Read it: cairn show ${one.waiting.runId}${repository}\n`);
      io.out(`  cairn approve ${one.name} ${one.waiting.digest.slice(0, 7)}${repository}\n`);
    }
  }
  for (const { repository, problem } of answer.problems) io.err(`${plain(repository)}: ${plain(problem)}\n`);
  return code;
}

function waitsFor({ waiting, lock }: EnvironmentView): string {
  if (waiting) return `approval of ${waiting.digest.slice(0, 7)}`;
  return lock && lock.waiting > 0 ? `${lock.waiting} in line` : '-';
}
