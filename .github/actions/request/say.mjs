import { appendFileSync } from 'node:fs';

/** Something that whoever wrote the workflow can mend: its text is all that is shown. */
export class Trouble extends Error {}

/** A line of the job's log, as a workflow command: nothing that somebody else wrote starts a command of its own. */
export function say(level, text) {
  const data = text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  process.stdout.write(level === 'info' ? `${inert(text)}\n` : `::${level}::${data}\n`);
}

/** A runner takes `::` after blanks at a line's start, and `##[` anywhere in it, for a command. */
function inert(text) {
  return text.replace(/\s+/g, ' ').trim().replace(/^::/, ': :').replaceAll('##[', '# #[');
}

export function setOutputs(env, outputs) {
  const file = env['GITHUB_OUTPUT'];
  if (!file) return;
  for (const [name, value] of Object.entries(outputs)) {
    appendFileSync(file, `${name}=${String(value ?? '').replace(/[\r\n]+/g, ' ')}\n`);
  }
}

const SIGN = { succeeded: '✅', superseded: '⏭️', asked: '📨' };

/** The job summary: what was asked, how it ended, and where to read more. */
export function summarize(env, { command, ask, repository }, { state, title, url, details }) {
  const about = String(
    ask.environment ?? ask.name ?? ask.ref ?? (ask.pull === undefined ? '' : `#${ask.pull}`),
  );
  const text = [
    `### ${SIGN[state] ?? '❌'} Cairn: ${plain(`${command} ${about}`.trim())} ${state}`,
    plain(title ?? ''),
    details ?? '',
    url ? `[${plain(repository)}: the run](${url})` : '',
  ].filter((part) => part !== '');
  if (env['GITHUB_STEP_SUMMARY']) appendFileSync(env['GITHUB_STEP_SUMMARY'], `${text.join('\n\n')}\n`);
  say(SIGN[state] ? 'info' : 'error', `${command} ${about} ${state}: ${title ?? ''} ${url ?? ''}`.trim());
}

/** Text of others in Markdown: no markup, no mention. */
export function plain(text) {
  return text
    .replace(/\s+/g, ' ')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/[\\`*_{}[\]()|~]/g, '\\$&')
    .replace(/@/g, '@\u200b');
}
