import type { LogPart } from '../../api/jobs.ts';
import type { RunView } from '../../api/run-view.ts';
import { type DriftLine, driftWords } from '../../core/record/drift/line.ts';
import { type AskFlags, askServer, given } from '../ask.ts';
import type { Client } from '../client.ts';
import { chooseRepository, connect } from '../connection.ts';
import { EXIT, exitOf } from '../exit.ts';
import { type Io, painter, plain, table } from '../io.ts';
import { driftNotes, driftTable } from '../parts.ts';

/** `cairn run -e ENV -p PROJECT -- ARGS…`: what terraform printed on standard output, all else beside it. */
export async function run(
  args: string[],
  flags: AskFlags & { environment: string; project: string },
  io: Io,
): Promise<number> {
  const { environment, project } = flags;
  const ended = await askAndLook({ command: 'run', environment, project, args }, flags, io);
  if (ended === null) return EXIT.ok;
  const { client, view } = ended;
  const code = view && view.terraform?.ok !== false ? exitOf([view.run]) : EXIT.bad;
  if (!view || flags.json) return view ? code : EXIT.bad;
  if (view.terraform?.job) {
    for await (const text of wholeOutput(client, view.run.id)) io.out(plain(text));
  } else if (view.terraform?.output) io.out(plain(view.terraform.output));
  return code;
}

/** What `cairn drift` exits with: as `terraform plan -detailed-exitcode`, but for 1, which is also "not known". */
const DRIFTED = 2;

/** `cairn drift ENV`: 0 in sync, 2 drifted, 1 not known. */
export async function drift(
  environment: string,
  flags: AskFlags & { reconcile?: boolean },
  io: Io,
): Promise<number> {
  const body = { command: 'drift', environment, ...given({ reconcile: flags.reconcile }) };
  const ended = await askAndLook(body, flags, io);
  if (ended === null) return EXIT.ok;
  const { view } = ended;
  const found = view?.drift;
  if (!view || !found || view.run.state !== 'succeeded') return EXIT.bad;
  if (!flags.json) {
    const text = [driftTable(view, painter(io, io.outIsTerminal)).trimEnd(), ...driftNotes(found)];
    io.out(`${text.join('\n')}\n`);
  }
  if (Object.keys(found.drifted).length > 0) return DRIFTED;
  return found.unknown.length > 0 ? EXIT.bad : EXIT.ok;
}

/** `cairn drift ENV --history`: a line for each time that something else was found. */
export async function driftHistory(environment: string, flags: AskFlags, io: Io): Promise<number> {
  const client = await connect(flags, io);
  const repository = await chooseRepository(client, flags, io);
  const path = `/environments/${repository}/${encodeURIComponent(environment)}/drift`;
  const answer = await client.get<{ history: DriftLine[] }>(path);
  if (flags.json) {
    io.out(`${JSON.stringify(answer, null, 2)}\n`);
    return EXIT.ok;
  }
  const rows = answer.history.map((line) => [
    line.at.slice(0, 16).replace('T', ' '),
    driftWords(line),
    line.unknown.join(', ') || '-',
    line.run,
  ]);
  io.out(
    rows.length === 0
      ? `Nothing was ever found to differ in ${plain(environment)}.\n`
      : table(['AT (UTC)', 'WHAT', 'NOT COMPARED', 'RUN'], rows),
  );
  return EXIT.ok;
}

/** Waits, unless told not to: then it answers null. What was started is told beside what is asked for. */
async function askAndLook(
  body: Record<string, unknown>,
  flags: AskFlags,
  io: Io,
): Promise<{ client: Client; view: RunView | null } | null> {
  const { client, answer, runs } = await askServer(body, flags, io, flags.json ? () => {} : io.err);
  const [ended] = runs ?? [];
  const view = ended ? await client.get<RunView>(`/runs/${ended.id}`) : null;
  if (flags.json) io.out(`${JSON.stringify(runs === null ? answer : { ...answer, ...view }, null, 2)}\n`);
  return runs === null ? null : { client, view };
}

async function* wholeOutput(client: Client, runId: string): AsyncGenerator<string> {
  for (let offset = 0; ; ) {
    const part = await client.get<LogPart>(`/runs/${runId}/output?offset=${offset}`);
    if (part.text !== '') yield part.text;
    if (part.ended || part.text === '') return;
    offset = part.next;
  }
}
