import { oneLine, visible } from './text.ts';

/** Not seen, and enough for GitHub to see no mention and no reference in what it stands in. */
const ZERO_WIDTH = '\u200b';

/** Backticks that no run of backticks in `body` can close. */
export function fenceOf(body: string): string {
  let longest = 2;
  for (const [run] of body.matchAll(/`+/g)) longest = Math.max(longest, run.length);
  return '`'.repeat(longest + 1);
}

export function fenced(body: string, language = '', fence = fenceOf(body)): string {
  return `${fence}${language}\n${body}${body === '' || body.endsWith('\n') ? '' : '\n'}${fence}`;
}

/** A name as a code span, on one line. A table's cell needs its `|` escaped even there. */
export function code(text: string, place: 'text' | 'table' = 'text'): string {
  const line = oneLine(text) || ' ';
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const space = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  const span = `${fence}${space}${line}${space}${fence}`;
  return place === 'table' ? span.replaceAll('|', '\\|') : span;
}

/** A name as code where Markdown is not read: in a `<summary>`. */
export function htmlCode(text: string): string {
  return `<code>${escapeHtml(oneLine(text))}</code>`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** Text of somebody else as text on one line: no markup, no mention of a person, no reference to an issue. */
export function prose(text: string): string {
  return oneLine(text)
    .replace(/[\\`*_[\]~|$]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/^(\s*)([-+#]|\d+(?=[.)]))/, (_, space: string, start: string) =>
      /\d/.test(start) ? `${space}${start}${ZERO_WIDTH}` : `${space}\\${start}`,
    )
    .replace(/@|#(?=\d)|\bGH-(?=\d)/gi, `$&${ZERO_WIDTH}`);
}

/** Like `prose`, with what stands in backticks as code. */
export function sentence(text: string, name?: string): string {
  const marked = name === undefined || text.includes('`') ? text : text.replaceAll(name, `\`${name}\``);
  return marked
    .split(/((?<!`)`[^`]+`(?!`))/)
    .map((part, index) => (index % 2 === 1 ? code(part.slice(1, -1)) : inner(part, index === 0)))
    .join('');
}

function inner(part: string, first: boolean): string {
  // Only the sentence's own beginning can be taken for a list or a heading.
  return first ? prose(part) : prose(`.${part}`).slice(1);
}

export function link(markdown: string, url: string): string {
  return `[${markdown}](${safeUrl(url)})`;
}

/** The address with nothing in it that ends a Markdown link or a Slack link. */
export function safeUrl(url: string): string {
  return encodeURI(visible(url).replaceAll('%', '\u0000'))
    .replaceAll('%00', '%')
    .replace(/[()<>|"'\\`@]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

export function details(summaryHtml: string, body: string, open = false): string {
  return `<details${open ? ' open' : ''}><summary>${summaryHtml}</summary>\n\n${body}\n\n</details>`;
}

/** One of GitHub's alerts. */
export function alert(kind: 'NOTE' | 'IMPORTANT' | 'WARNING' | 'CAUTION', lines: string[]): string {
  return [`[!${kind}]`, ...lines].map((line) => `> ${line}`).join('\n');
}
