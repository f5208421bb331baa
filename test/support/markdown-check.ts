/** What is wrong with a piece of GitHub's Markdown that Cairn wrote; empty if nothing is. */
export function markdownFaults(markdown: string, limit: number): string[] {
  const faults: string[] = [];
  if (markdown.length > limit) faults.push(`${markdown.length} characters are more than ${limit}`);
  if (Buffer.from(markdown, 'utf8').toString('utf8') !== markdown) faults.push('not valid UTF-8');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u0008\u000b-\u001f\u2028\u2029\u202e]/.test(markdown)) faults.push('unseen characters');

  const { outside, open } = withoutFences(markdown);
  if (open) faults.push('a fence is not closed');
  const bare = withoutCode(outside);
  let depth = 0;
  for (const [tag] of bare.matchAll(/<\/?details\b/g)) {
    depth += tag === '<details' ? 1 : -1;
    if (depth < 0) faults.push('</details> without <details>');
  }
  if (depth !== 0) faults.push(`${depth} <details> are not closed`);

  if ((bare.match(/<!--/g)?.length ?? 0) > 1) faults.push('a second hidden comment');
  if (/@\w/.test(bare)) faults.push(`a mention: ${/.{0,20}@\w.{0,20}/.exec(bare)?.[0]}`);
  if (/#\d/.test(bare.replace(/\[[^\]]*\]\([^)]*\)/g, ''))) faults.push('a reference');
  if (/<(?!\/?(details|summary|sub|code)\b|!-- cairn:)/.test(bare)) faults.push('HTML of somebody else');
  return faults;
}

/** The text between fences, as CommonMark finds them: a fence is closed by one at least as long. */
export function withoutFences(markdown: string): { outside: string; inside: string[]; open: boolean } {
  const outside: string[] = [];
  const inside: string[] = [];
  let fence = '';
  for (const line of markdown.split('\n')) {
    const ticks = /^ {0,3}(`{3,}|~{3,})([^`]*)$/.exec(line);
    if (fence === '') {
      if (ticks) fence = ticks[1] ?? '';
      else outside.push(line);
    } else if (ticks?.[1]?.startsWith(fence) && ticks[2]?.trim() === '') {
      fence = '';
    } else {
      inside.push(line);
    }
  }
  return { outside: outside.join('\n'), inside, open: fence !== '' };
}

function withoutCode(markdown: string): string {
  // From left to right, an escaped character first: an escaped backtick opens no span.
  return markdown
    .replace(/<code>.*?<\/code>/g, '')
    .replace(/\\[\\`*_[\]~|$<>&#-]|(?<!`)(`+)(?!`)[^\n]*?(?<!`)\1(?!`)/g, (found, run) => (run ? '' : found));
}
