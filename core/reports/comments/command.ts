import { COMMAND_STATE, type CommandReport } from '../command-report.ts';
import { short } from '../deploy-report.ts';
import { code, fenced, link, prose, sentence } from '../markdown.ts';
import { clipped, lastLines, plainText, shorten, visible } from '../text.ts';

/** Characters of the output: with its fence and what stands around it well below what a comment holds. */
const ROOM = 40_000;
const LONGEST_COMMAND = 300;

/** The reply to a command, edited in place: what was run, where, on which commit, and what it printed. */
export function renderCommandComment(report: CommandReport): string {
  const { project, environment } = report;
  const command = code(clipped(report.command, LONGEST_COMMAND));
  const where = `in ${code(clipped(project, 200))} of ${prose(environment)}`;
  return `${[
    commandMarker(report.runId),
    `### ${command} ${where}: ${COMMAND_STATE[report.state]}`,
    ...wholeCommand(report),
    contextOf(report),
    ...approvalPart(report),
    ...messagePart(report),
    ...outputPart(report),
  ].join('\n\n')}\n`;
}

/** Nobody approves what they cannot read to its end. */
function wholeCommand({ command }: CommandReport): string[] {
  return command.length <= LONGEST_COMMAND ? [] : [fenced(visible(command), 'text')];
}

/** One that was never run, or waits its turn: there is only a sentence to tell. */
export function renderCommandNote(
  of: Pick<CommandReport, 'runId' | 'runNumber' | 'runUrl'>,
  message: string,
): string {
  const run = link(`Run ${of.runNumber}`, of.runUrl);
  return `${[commandMarker(of.runId), lines(message), run].join('\n\n')}\n`;
}

function commandMarker(runId: string): string {
  return `<!-- cairn:run:${runId} -->`;
}

function contextOf(report: CommandReport): string {
  const { requestedBy, approvedBy } = report;
  return [
    `On ${code(short(report.commit))}, as it was deployed`,
    ...(requestedBy === null ? [] : [`asked by ${code(requestedBy)}`]),
    ...(approvedBy === null ? [] : [`approved by ${code(approvedBy)}`]),
    link(`run ${report.runNumber}`, report.runUrl),
  ].join(' · ');
}

function approvalPart({ state, approval, environment }: CommandReport): string[] {
  if (state !== 'waiting' || !approval) return [];
  const names = approval.approvers.slice(0, 20).map((name) => code(clipped(name, 100)));
  const who = names.length > 0 ? `By ${names.join(', ')}` : 'By anyone with write access';
  const until = `${prose(approval.until.slice(0, 16).replace('T', ' '))} UTC`;
  return [
    `Approve with ${code(`/cairn approve ${environment} ${short(approval.digest)}`)}`,
    `${who}, until ${until}. To turn it down: ${code(`/cairn reject ${environment} REASON`)}`,
  ];
}

/** What terraform itself said stands in the output already. */
function messagePart({ message, output, state }: CommandReport): string[] {
  if (message === null || (state === 'failed' && output !== null && output.text.trim() !== '')) return [];
  return [lines(message)];
}

function lines(message: string): string {
  const plain = plainText(message).trim();
  return plain.includes('\n') ? fenced(lastLines(plain, 30, 5_000)) : sentence(shorten(plain, 1_000));
}

function outputPart({ state, output, outputUrl, runUrl }: CommandReport): string[] {
  if (output === null) return [];
  if (state === 'became') return [lines(output.text)];
  const text = plainText(output.text);
  if (text.trim() === '') return ['It printed nothing.'];
  const isCut = output.cut || text.length > ROOM;
  return [
    fenced(shorten(text, ROOM), 'text'),
    ...(isCut ? [`Not all of it is shown: ${link('the whole output', outputUrl ?? runUrl)}.`] : []),
  ];
}
