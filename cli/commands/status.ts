import type { EnvironmentView } from '../../api/environments.ts';
import type { EphemeralView } from '../../api/ephemerals.ts';
import { frozenSentence } from '../../core/environments/freeze.ts';
import { type ConnectionFlags, connect } from '../connection.ts';
import { EXIT } from '../exit.ts';
import { type Io, type Paint, painter, paintState, plain, table } from '../io.ts';
import { ephemerals, ephemeralText } from './env.ts';

interface Answer {
  environments: EnvironmentView[];
  problems: { repository: string; problem: string }[];
}

/** Ephemeral environments that are shown, beside all that leaked; `cairn env list` has the others. */
const EPHEMERALS = 10;

/** `cairn status`: the environments. Bad if one is broken, or if one leaked, so that a script can ask. */
export async function status(flags: ConnectionFlags, io: Io): Promise<number> {
  const client = await connect(flags, io);
  const query = flags.repository === undefined ? '' : `?repository=${encodeURIComponent(flags.repository)}`;
  const [environmentsAnswer, ephemeralsAnswer] = await Promise.all([
    client.get<Answer>(`/environments${query}`),
    ephemerals(client, flags),
  ]);
  const answer = { ...environmentsAnswer, ...ephemeralsAnswer };
  const isBad =
    answer.ephemerals.some(({ state }) => state === 'leaked') ||
    answer.problems.length > 0 ||
    answer.environments.some(({ state }) => state === 'broken' || state === 'unknown');
  const code = isBad ? EXIT.bad : EXIT.ok;
  if (flags.json) {
    io.out(`${JSON.stringify(answer, null, 2)}\n`);
    return code;
  }

  const paint = painter(io, io.outIsTerminal);
  io.out(environmentText(answer.environments, paint));
  io.out(shortList(answer.ephemerals, paint));
  for (const { repository, problem } of answer.problems) io.err(`${plain(repository)}: ${plain(problem)}\n`);
  return code;
}

function environmentText(environments: EnvironmentView[], paint: Paint): string {
  const several = new Set(environments.map(({ repository }) => repository)).size > 1;
  const head = ['ENVIRONMENT', 'STATE', 'LAST GOOD', 'LATEST RUN', 'WAITS FOR'];
  const rows = environments.map((one) => [
    several ? `${one.repository} ${one.name}` : one.name,
    marksOf(one).join(', '),
    one.lastGood?.slice(0, 7) ?? '-',
    one.latestRun ? `${one.latestRun.number} ${one.latestRun.state}` : '-',
    waitsFor(one),
  ]);
  const worst = (row: number) => (environments[row] ? colourOf(environments[row]) : 'ok');
  const text = table(head, rows, (row, column, cell) =>
    column === 1 ? paintState(paint, worst(row), cell) : cell,
  );
  return `${text}${environments.map((one) => notesOf(one, several, paint)).join('')}`;
}

function marksOf({ state, frozen, drift }: EnvironmentView): string[] {
  const differs = drift && (drift.projects.length > 0 ? 'drifted' : 'drift unknown');
  return [state, ...(frozen ? ['frozen'] : []), ...(differs ? [differs] : [])];
}

/** What is worst colours the cell. */
function colourOf({ state, frozen, drift }: EnvironmentView): string {
  if (state !== 'ok' && state !== 'none') return state;
  return drift ? 'drifted' : frozen ? 'frozen' : state;
}

function notesOf(one: EnvironmentView, several: boolean, paint: Paint): string {
  const { name, reason, waiting, frozen, drift } = one;
  const repository = several ? ` --repository ${one.repository}` : '';
  const notes = [
    ...(reason === null ? [] : [`${name}: ${reason}`]),
    ...(frozen ? [frozenSentence(name, frozen)] : []),
    ...(drift && drift.projects.length > 0
      ? [
          `${name} differs from what was deployed: ${drift.where}${drift.issue ? ` (${drift.issue.url})` : ''}`,
        ]
      : []),
    ...(drift && Object.keys(drift.unknown).length > 0
      ? [`${name}: ${Object.keys(drift.unknown).join(', ')} could not be compared`]
      : []),
  ].map((note) => `\n${paint(plain(note), 'yellow')}\n`);
  if (waiting) {
    notes.push(`\n${name} waits for approval. Read it: cairn show ${waiting.runId}${repository}\n`);
    notes.push(`  cairn approve ${name} ${waiting.digest.slice(0, 7)}${repository}\n`);
  }
  return notes.join('');
}

function shortList(all: EphemeralView[], paint: Paint): string {
  if (all.length === 0) return '';
  const leaked = all.filter(({ state }) => state === 'leaked').length;
  const shown = all.slice(0, Math.max(EPHEMERALS, leaked));
  const more = all.length - shown.length;
  return `\n${ephemeralText(shown, paint, Date.now())}${more > 0 ? `and ${more} more: cairn env list\n` : ''}`;
}

function waitsFor({ waiting, lock }: EnvironmentView): string {
  if (waiting) return `approval of ${waiting.digest.slice(0, 7)}`;
  return lock && lock.waiting > 0 ? `${lock.waiting} in line` : '-';
}
