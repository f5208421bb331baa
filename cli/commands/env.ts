import type { EphemeralView } from '../../api/ephemerals.ts';
import type { RunView } from '../../api/run-view.ts';
import { ephemeralName } from '../../core/ephemeral/name.ts';
import type { Run } from '../../core/requests/run.ts';
import { type AskFlags, ask, given } from '../ask.ts';
import type { Client } from '../client.ts';
import { type ConnectionFlags, connect } from '../connection.ts';
import { CliError, EXIT } from '../exit.ts';
import { type Io, type Paint, painter, paintState, plain, table } from '../io.ts';
import { leftLines, standsLines } from '../parts.ts';

interface UpFlags extends AskFlags {
  ref?: string;
  pull?: string;
  name?: string;
  ttl?: string;
  project?: string[];
  email?: string;
}

/** `cairn env up`: makes one, or brings the one that is there to the ref's newest commit. */
export async function up(flags: UpFlags, io: Io): Promise<number> {
  const { ref, name, ttl, project: projects, email } = flags;
  if (ref === undefined && flags.pull === undefined) {
    throw new CliError(EXIT.usage, 'Say what it is made of: --ref (a branch, a tag, a commit) or --pull.');
  }
  const pull = flags.pull === undefined ? undefined : numberOf(flags.pull);
  const body = { command: 'ephemeral', ...given({ ref, pull, name, ttl, projects, email }) };
  return ask(body, flags, io, (client, run) => tellStands(client, run, io));
}

export function extend(name: string, ttl: string, flags: AskFlags, io: Io): Promise<number> {
  const body = { command: 'extend', environment: ephemeralName(name), ttl };
  return ask(body, flags, io, (client, run) => tellStands(client, run, io));
}

export function end(name: string, flags: AskFlags & { at: string }, io: Io): Promise<number> {
  const body = { command: 'extend', environment: ephemeralName(name), at: flags.at };
  return ask(body, flags, io, (client, run) => tellStands(client, run, io));
}

export function down(name: string, flags: AskFlags, io: Io): Promise<number> {
  const body = { command: 'destroy', environment: ephemeralName(name) };
  return ask(body, flags, io, (client, run) => tellLeft(client, run, io));
}

function numberOf(text: string): number {
  const number = Number(/^#?(\d{1,9})$/.exec(text)?.[1] ?? Number.NaN);
  if (number > 0) return number;
  throw new CliError(EXIT.usage, `A pull request is a number, such as 12, not ${JSON.stringify(text)}.`);
}

async function tellStands(client: Client, run: Run, io: Io): Promise<void> {
  if (run.state !== 'succeeded') return;
  const { ephemeral } = await client.get<RunView>(`/runs/${run.id}`);
  if (ephemeral) io.out(`${plain(run.environment)}\n${standsLines(ephemeral).join('\n')}\n`);
}

/** What is left is told, whoever waits for its end. */
export async function tellLeft(client: Client, run: Run, io: Io): Promise<void> {
  const { destroy } = await client.get<RunView>(`/runs/${run.id}`);
  if (!destroy || Object.keys(destroy.left).length === 0) return;
  const paint = painter(io, io.outIsTerminal);
  io.out(`${leftLines(run.environment, run.repository, destroy.left, paint).join('\n')}\n`);
}

/** `cairn env list`: what exists, leaked ones first, then what ends next. */
export async function list(flags: ConnectionFlags, io: Io): Promise<number> {
  const client = await connect(flags, io);
  const answer = await ephemerals(client, flags);
  if (flags.json) io.out(`${JSON.stringify(answer, null, 2)}\n`);
  else if (answer.ephemerals.length === 0) io.out('There is no ephemeral environment.\n');
  else io.out(ephemeralText(answer.ephemerals, painter(io, io.outIsTerminal), Date.now()));
  return EXIT.ok;
}

export async function ephemerals(
  client: Client,
  { repository }: ConnectionFlags,
): Promise<{ ephemerals: EphemeralView[] }> {
  const query = repository === undefined ? '' : `?repository=${encodeURIComponent(repository)}`;
  return client.get<{ ephemerals: EphemeralView[] }>(`/ephemerals${query}`);
}

export function ephemeralText(all: EphemeralView[], paint: Paint, now: number): string {
  const several = new Set(all.map(({ repository }) => repository)).size > 1;
  const head = ['NAME', 'STATE', 'REF', 'OWNER', 'AGE', 'ENDS IN', 'OUTPUTS'];
  const rows = all.map((one) => [
    several ? `${one.repository} ${one.environment}` : one.environment,
    one.state,
    one.pull === null ? one.ref : `${one.ref} #${one.pull}`,
    one.owner ?? '-',
    age(now - Date.parse(one.createdAt)),
    one.endsIn,
    Object.entries(one.outputs)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ') || '-',
  ]);
  const text = table(head, rows, (_, column, cell) => (column === 1 ? paintState(paint, cell) : cell));
  return `${text}${all.map((one) => leakedText(one, paint)).join('')}`;
}

function leakedText({ environment, repository, state, left }: EphemeralView, paint: Paint): string {
  return state === 'leaked' ? `\n${leftLines(environment, repository, left, paint).join('\n')}\n` : '';
}

function age(ms: number): string {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  if (minutes < 60) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} d`;
}
