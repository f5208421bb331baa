import { git, isRefName, isSha, runGit } from './git.ts';

interface Person {
  name: string;
  email: string;
  /** ISO 8601, UTC. */
  date: string;
}

export interface GitCommit {
  sha: string;
  tree: string;
  parents: string[];
  author: Person;
  committer: Person;
  message: string;
}

/** Commits never change: what was read once stays. Bounded, oldest out first. */
const cache = new Map<string, GitCommit>();
const CACHED = 5000;

export async function readCommits(dir: string, shas: string[]): Promise<GitCommit[]> {
  const missing = shas.filter((sha) => !cache.has(`${dir} ${sha}`));
  if (missing.length > 0) {
    const input = `${missing.join('\n')}\n`;
    const { stdout } = await runGit(dir, ['cat-file', '--batch'], { input });
    for (const commit of parseBatch(stdout)) cache.set(`${dir} ${commit.sha}`, commit);
  }
  const found = shas.flatMap((sha) => cache.get(`${dir} ${sha}`) ?? []);
  for (const key of cache.keys()) {
    if (cache.size <= CACHED) break;
    cache.delete(key);
  }
  return found;
}

export async function readCommit(dir: string, sha: string): Promise<GitCommit | null> {
  return (await readCommits(dir, [sha]))[0] ?? null;
}

function parseBatch(bytes: Buffer): GitCommit[] {
  const commits: GitCommit[] = [];
  let at = 0;
  while (at < bytes.length) {
    const end = bytes.indexOf(10, at);
    if (end < 0) break;
    const [sha = '', type = '', size = ''] = bytes.toString('utf8', at, end).split(' ');
    at = end + 1;
    if (type === 'missing') continue;
    const length = Number(size);
    if (type === 'commit') commits.push(parseCommit(sha, bytes.toString('utf8', at, at + length)));
    at += length + 1;
  }
  return commits;
}

function parseCommit(sha: string, text: string): GitCommit {
  const split = text.indexOf('\n\n');
  const header = split < 0 ? text : text.slice(0, split);
  const values = (key: string) =>
    header.split('\n').flatMap((line) => (line.startsWith(`${key} `) ? [line.slice(key.length + 1)] : []));
  return {
    sha,
    tree: values('tree')[0] ?? '',
    parents: values('parent'),
    author: parsePerson(values('author')[0] ?? ''),
    committer: parsePerson(values('committer')[0] ?? ''),
    message: split < 0 ? '' : text.slice(split + 2).replace(/\n+$/, ''),
  };
}

function parsePerson(text: string): Person {
  const [, name = '', email = '', seconds = '0'] = /^(.*?) ?<(.*)> (\d+) [-+]\d{4}$/.exec(text) ?? [];
  return { name, email, date: stamp(new Date(Number(seconds) * 1000)) };
}

/** GitHub's timestamps have no milliseconds. */
export function stamp(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

export async function readRefs(dir: string, prefix = 'refs/'): Promise<Map<string, string>> {
  const text = await git(dir, ['for-each-ref', '--format=%(objectname) %(refname)', prefix]);
  const rows = text.split('\n').filter((line) => line !== '');
  return new Map(rows.map((line) => [line.slice(41), line.slice(0, 40)]));
}

/** Object a full ref name (`refs/...`) points at. */
export async function readRef(dir: string, ref: string): Promise<string | null> {
  if (!ref.startsWith('refs/') || !isRefName(ref)) return null;
  const result = await runGit(dir, ['rev-parse', '--verify', '--quiet', ref]);
  return result.code === 0 ? result.stdout.toString('utf8').trim() : null;
}

/** Commit that a branch, a tag, a full or short ref or a (shortened) sha names. */
export async function resolveCommit(dir: string, name: string): Promise<string | null> {
  if (isSha(name) && cache.has(`${dir} ${name}`)) return name;
  const candidates = isRefName(name) ? [`refs/heads/${name}`, `refs/tags/${name}`] : [];
  if (isRefName(name) && /^(heads|tags|pull|cairn)\//.test(name)) candidates.push(`refs/${name}`);
  if (isRefName(name) && name.startsWith('refs/')) candidates.push(name);
  if (isSha(name)) candidates.unshift(name);
  else if (/^[0-9a-f]{7,39}$/.test(name)) candidates.push(name);
  for (const candidate of candidates) {
    const result = await runGit(dir, ['rev-parse', '--verify', '--quiet', `${candidate}^{commit}`]);
    if (result.code === 0) return result.stdout.toString('utf8').trim();
  }
  return null;
}

export async function isAncestor(dir: string, ancestor: string, of: string): Promise<boolean> {
  return (await runGit(dir, ['merge-base', '--is-ancestor', ancestor, of])).code === 0;
}

export async function mergeBase(dir: string, a: string, b: string): Promise<string | null> {
  const result = await runGit(dir, ['merge-base', a, b]);
  return result.code === 0 ? result.stdout.toString('utf8').trim() : null;
}

export interface TreeRow {
  mode: string;
  type: 'blob' | 'tree' | 'commit';
  sha: string;
  size: number | null;
  path: string;
}

export async function listTree(dir: string, tree: string, recursive: boolean): Promise<TreeRow[]> {
  const text = await git(dir, ['ls-tree', '-z', '-l', ...(recursive ? ['-r', '-t'] : []), tree]);
  return text
    .split('\0')
    .filter((row) => row !== '')
    .map((row) => {
      const [, mode = '', type = '', sha = '', size = '-', path = ''] =
        /^(\d+) (\w+) (\w+) +(-|\d+)\t(.*)$/s.exec(row) ?? [];
      return { mode, type: type as TreeRow['type'], sha, size: size === '-' ? null : Number(size), path };
    });
}

/** The entry at `path` of a commit or tree; '' is the tree itself. */
export async function entryAt(dir: string, treeish: string, path: string): Promise<TreeRow | null> {
  const text = await git(dir, ['ls-tree', '-z', '-l', '--full-tree', treeish, '--', path]);
  const [, mode = '', type = '', sha = '', size = '-'] =
    /^(\d+) (\w+) (\w+) +(-|\d+)\t/.exec(text.split('\0')[0] ?? '') ?? [];
  if (sha === '') return null;
  return { mode, type: type as TreeRow['type'], sha, size: size === '-' ? null : Number(size), path };
}

export async function readBlob(dir: string, sha: string): Promise<Buffer | null> {
  const result = await runGit(dir, ['cat-file', 'blob', sha]);
  return result.code === 0 ? result.stdout : null;
}
