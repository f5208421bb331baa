import { visible } from '../text.ts';
import { type Context, type Frame, hiddenNote } from './lines.ts';
import { diffSequence, type Step } from './sequence.ts';
import { textLines } from './whole.ts';

/** Unchanged lines that are shown around a changed one. */
const AROUND = 3;

/** A text of several lines that changes, as a heredoc: changed lines with some around them. */
export function writeHeredoc(
  { out, budget }: Context,
  depth: number,
  frame: Frame,
  before: string,
  after: string,
): void {
  const [was, is] = [textLines(before), textLines(after)];
  const steps = diffSequence(was, is, budget);
  const shown = nearChanges(steps);
  out.write('!', depth, `${frame.before}<<-EOT${frame.note}`);
  let hidden = 0;
  const flush = () => {
    if (hidden > 0) out.write(' ', depth + 1, hiddenNote(hidden, 'line'));
    hidden = 0;
  };
  for (const [index, { a, b }] of steps.entries()) {
    if (!shown[index]) {
      hidden++;
      continue;
    }
    flush();
    const marker = a < 0 ? '+' : b < 0 ? '-' : ' ';
    out.write(marker, depth + 2, visible((a < 0 ? is[b] : was[a]) ?? ''));
  }
  flush();
  out.write(' ', depth, `EOT${frame.comma}`);
  if (before.endsWith('\n') !== after.endsWith('\n')) {
    const now = after.endsWith('\n') ? 'now ends with a line feed' : 'no longer ends with a line feed';
    out.write('!', depth, `# (${now})`);
  }
}

/** For each step whether it is a change or near one. A gap of one line is not worth a remark of one line. */
function nearChanges(steps: Step[]): boolean[] {
  const shown = steps.map(() => false);
  for (const [index, { a, b }] of steps.entries()) {
    if (a >= 0 && b >= 0) continue;
    const from = Math.max(0, index - AROUND);
    const to = Math.min(steps.length - 1, index + AROUND);
    for (let i = from; i <= to; i++) shown[i] = true;
  }
  return shown.map((here, i) => here || (shown[i - 1] === true && shown[i + 1] === true));
}
