import { Marked, type Tokens } from 'marked';

/** Tags that Cairn's and people's comments use; without attributes, so that nothing can hide in one. */
const ALLOWED = new Set(
  'details summary br hr p b i em strong sub sup s del ins code kbd pre blockquote ul ol li table thead tbody tr th td h1 h2 h3 h4 h5 h6'.split(
    ' ',
  ),
);

/**
 * GitHub-flavoured Markdown to HTML that cannot harm: of raw HTML only bare harmless tags are kept, everything
 * else is shown as text; links go to http(s) and this server, pictures become links.
 */
export function markdown(text: string): string {
  return marked.parse(text, { async: false });
}

/** The same of a comment, where each line is a line. */
export function commentMarkdown(text: string): string {
  return marked.parse(text, { async: false, breaks: true });
}

/** `> [!CAUTION]` and its kind, with the class of their colour. */
const ALERTS: Record<string, string> = {
  NOTE: 'note',
  TIP: 'good',
  IMPORTANT: 'done',
  WARNING: 'wait',
  CAUTION: 'bad',
};

const marked = new Marked({
  gfm: true,
  renderer: {
    html({ text }: Tokens.HTML | Tokens.Tag) {
      return sanitise(text);
    },
    code({ text, lang }: Tokens.Code) {
      const language = /^[\w-]+/.exec(lang ?? '')?.[0] ?? '';
      const body = language === 'diff' ? colourDiff(text) : escapeHtml(text);
      return `<pre class="${language === 'diff' ? 'diff' : 'code'}"><code>${body}\n</code></pre>\n`;
    },
    blockquote({ tokens }: Tokens.Blockquote) {
      const body = this.parser.parse(tokens);
      const [mark, name = ''] = /^<p>\[!([A-Z]+)\](?:<br>)?\n?/.exec(body) ?? [];
      const kind = ALERTS[name];
      if (mark === undefined || kind === undefined) return `<blockquote>\n${body}</blockquote>\n`;
      const title = `${name.charAt(0)}${name.slice(1).toLowerCase()}`;
      return `<blockquote class="alert ${kind}-line"><p class="${kind}"><b>${title}</b></p>\n<p>${body.slice(mark.length)}</blockquote>\n`;
    },
    link({ href, tokens }: Tokens.Link) {
      const inner = this.parser.parseInline(tokens);
      return isSafe(href) ? `<a href="${escapeHtml(href)}" rel="nofollow noreferrer">${inner}</a>` : inner;
    },
    image({ href, text }: Tokens.Image) {
      const name = escapeHtml(text || 'picture');
      return isSafe(href) ? `<a href="${escapeHtml(href)}" rel="nofollow noreferrer">${name}</a>` : name;
    },
    checkbox({ checked }: Tokens.Checkbox) {
      return checked ? '☑ ' : '☐ ';
    },
  },
});

function sanitise(raw: string): string {
  return raw.replace(
    /<!--[\s\S]*?(?:-->|$)|<(\/?)([a-zA-Z][a-zA-Z0-9]*)\s*(\/?)>|<details open>|[<>"']|&(?!#?\w+;)/g,
    (match, end, name) => {
      if (match.startsWith('<!--')) return '';
      if (match === '<details open>') return match;
      if (typeof name === 'string' && ALLOWED.has(name.toLowerCase())) return `<${end}${name.toLowerCase()}>`;
      return escapeHtml(match);
    },
  );
}

function isSafe(href: string): boolean {
  return /^(https?:\/\/|mailto:|#|\/(?!\/))/i.test(href) && !/[\s<>"'\\]/.test(href);
}

/** Each line by its first character: what is added, what is removed, what changes, where it stands. */
function colourDiff(text: string): string {
  return text
    .split('\n')
    .map((line) => {
      const kind = { '+': 'add', '-': 'del', '!': 'mod', '@': 'at', '#': 'at' }[line.charAt(0)];
      return kind ? `<span class="${kind}">${escapeHtml(line)}</span>` : escapeHtml(line);
    })
    .join('\n');
}

/** Git's unified diff, whose file headers are no changes though they begin like some. */
export function colourFileDiff(text: string): string {
  if (text === '') return '';
  return text
    .split(/^(?=diff --git )/m)
    .map((file) => {
      const start = file.search(/^@@/m);
      const [head, body] = start < 0 ? [file, ''] : [file.slice(0, start), file.slice(start)];
      // Each line fills a row of its own: what ends one stands outside of it.
      const lines = head
        .replace(/\n$/, '')
        .split('\n')
        .map((line) => `<span class="at">${escapeHtml(line)}</span>`);
      return `${lines.join('\n')}\n${colourDiff(body)}`;
    })
    .join('');
}

export function escapeHtml(text: string): string {
  const names: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => names[character] ?? character);
}
