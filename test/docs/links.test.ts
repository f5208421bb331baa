import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { lexer, type Token, type Tokens, walkTokens } from 'marked';
import { describe, expect, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** Folders without Markdown of ours. */
const LEFT_OUT = new Set(['node_modules', 'dist', '.git', '.cairn', 'cdk.out']);

const SOURCES = ['adapters', 'api', 'cli', 'core', 'executor', 'infra', 'lambdas', 'local'];

const PAGES = filesIn(ROOT, '.md');

interface Page {
  links: string[];
  anchors: Set<string>;
}

const known = new Map<string, Page>();

describe('links', () => {
  test.each(PAGES.map((file) => path.relative(ROOT, file)))('%s: each leads somewhere', (name) => {
    const file = path.join(ROOT, name);

    const broken = pageOf(file).links.filter((link) => problemOf(file, link) !== null);

    expect(broken).toEqual([]);
  });

  test('what programs say is in docs/ is there', () => {
    const said = SOURCES.flatMap((folder) => filesIn(path.join(ROOT, folder), '.ts')).flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/docs\/[\w./-]+\.md(?:#[\w-]+)?/g)].map(([link]) => link),
    );

    const broken = [...new Set(said)].filter((link) => problemOf(path.join(ROOT, 'x.md'), link) !== null);

    expect(said.length).toBeGreaterThan(0);
    expect(broken).toEqual([]);
  });
});

describe('a page', () => {
  const anchorsOf = (text: string) => [...read(text).anchors];

  test('has the anchors that GitHub makes of its headings', () => {
    const text =
      '# Where `things` are, on AWS\n\n## A: b\n\n## A: b\n\n```md\n# none\n```\n\n<a id="own"></a>\n';

    expect(anchorsOf(text)).toEqual(['where-things-are-on-aws', 'a-b', 'a-b-1', 'own']);
  });

  test('is searched in tables, lists and pictures, and not in code', () => {
    const text = '| [a](x.md) |\n|---|\n| ![b](y.svg) |\n\n- [c](https://z.example)\n- `[d](none.md)`\n';

    expect(read(text).links).toEqual(['x.md', 'y.svg', 'https://z.example']);
  });

  test('is not there, or has no such heading', () => {
    const from = path.join(ROOT, 'README.md');

    expect(problemOf(from, 'docs/none.md')).toBe('there is no docs/none.md');
    expect(problemOf(from, 'docs/security.md#none')).toBe('docs/security.md has no heading #none');
    expect(problemOf(from, '../outside.md')).toBe('../outside.md is outside of the repository');
    expect(problemOf(from, 'docs/security.md#threats')).toBeNull();
  });
});

/** Why a link of a file leads nowhere; null if it does, or leads out of the repository by its address. */
function problemOf(from: string, link: string): string | null {
  if (/^[a-z][a-z0-9+.-]*:/i.test(link)) return null;
  const [place = '', anchor] = link.split('#', 2);
  const target = place === '' ? from : path.resolve(path.dirname(from), decodeURIComponent(place));
  const name = path.relative(ROOT, target);
  if (name.startsWith('..')) return `${name} is outside of the repository`;
  if (!existsSync(target)) return `there is no ${name}`;
  if (anchor === undefined || statSync(target).isDirectory() || !target.endsWith('.md')) return null;
  return pageOf(target).anchors.has(anchor) ? null : `${name} has no heading #${anchor}`;
}

function pageOf(file: string): Page {
  const page = known.get(file) ?? read(readFileSync(file, 'utf8'));
  known.set(file, page);
  return page;
}

function read(text: string): Page {
  const links: string[] = [];
  const anchors = new Set<string>();
  walkTokens(lexer(text), (token) => {
    if (token.type === 'link' || token.type === 'image') links.push((token as Tokens.Link).href);
    if (token.type === 'heading') anchors.add(unused(slugOf(plainOf(token as Tokens.Heading)), anchors));
    if (token.type === 'html') {
      for (const [, id] of token.raw.matchAll(/\b(?:id|name)="([^"]+)"/g)) anchors.add(id!);
    }
  });
  return { links, anchors };
}

/** What is read of a heading: no marks, no addresses. */
function plainOf({ tokens }: Tokens.Heading): string {
  const text = (token: Token): string =>
    'tokens' in token && token.tokens ? token.tokens.map(text).join('') : 'text' in token ? token.text : '';
  return tokens.map(text).join('');
}

function slugOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-');
}

/** A heading that is there twice gets a number. */
function unused(slug: string, taken: ReadonlySet<string>): string {
  let name = slug;
  for (let n = 1; taken.has(name); n++) name = `${slug}-${n}`;
  return name;
}

function filesIn(folder: string, ending: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (LEFT_OUT.has(entry.name)) return [];
    const at = path.join(folder, entry.name);
    if (entry.isDirectory()) return filesIn(at, ending);
    return entry.isFile() && entry.name.endsWith(ending) ? [at] : [];
  });
}
