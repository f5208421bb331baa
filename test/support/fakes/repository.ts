import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { MergeConflict, NotFound } from '../../../core/errors.ts';
import type { Commit, FileChange, GitData, Source } from '../../../core/ports.ts';

interface MemoryFile {
  content: string;
  mode: '100644' | '100755' | '120000';
}

type MemoryTree = Record<string, MemoryFile>;

interface MemoryCommit extends Commit {
  tree: MemoryTree;
}

/** One repository in memory, as the forge has it: commits, refs, and the Git data API with real compare and swap. */
export interface MemoryRepository {
  name: string;
  refs: Map<string, string>;
  commits: Map<string, MemoryCommit>;
  source: Source;
  git: GitData;
  /** A commit by a person: these files changed (null deletes) on a branch, which is made if it is not there. */
  push(branch: string, files: Record<string, string | null>, options?: PushOptions): string;
  /** Merges `theirs` into `ours` without moving a ref. Throws MergeConflict. */
  merge(ours: string, theirs: string, message: string): string;
  /** Text of a file at a branch or commit. */
  read(ref: string, path: string): string | null;
}

interface PushOptions {
  author?: string;
  message?: string;
  /** Branch that a new branch starts from. */
  from?: string;
}

const DATE = '2026-01-01T00:00:00.000Z';

export function memoryRepository(name = 'acme/shop', defaultBranch = 'main'): MemoryRepository {
  const refs = new Map<string, string>();
  const commits = new Map<string, MemoryCommit>();

  function store(commit: Omit<MemoryCommit, 'sha'>): string {
    const sha = createHash('sha1').update(JSON.stringify(commit)).digest('hex');
    commits.set(sha, { sha, ...commit });
    return sha;
  }

  function find(repository: string, ref: string): MemoryCommit {
    if (repository !== name) throw new NotFound(`there is no repository ${repository}`);
    const sha = refs.get(`refs/heads/${ref}`) ?? refs.get(`refs/${ref}`) ?? refs.get(ref) ?? ref;
    const commit = commits.get(sha);
    if (!commit) throw new NotFound(`there is no branch or commit ${ref} in ${name}`);
    return commit;
  }

  function ancestors(sha: string): Set<string> {
    const seen = new Set<string>();
    const todo = [sha];
    for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
      if (seen.has(at)) continue;
      seen.add(at);
      todo.push(...(commits.get(at)?.parents ?? []));
    }
    return seen;
  }

  const source: Source = {
    async head(repository, branch) {
      if (!refs.has(`refs/heads/${branch}`)) throw new NotFound(`there is no branch ${branch} in ${name}`);
      return find(repository, branch).sha;
    },
    async commit(repository, ref) {
      const { tree: _, ...commit } = find(repository, ref);
      return commit;
    },
    tarball: async (repository, commit) => tarball(find(repository, commit)),
    file: async (repository, ref, path) => find(repository, ref).tree[path]?.content ?? null,
    async between(repository, base, head) {
      const known = ancestors(find(repository, base).sha);
      const reached = [...ancestors(find(repository, head).sha)].filter((sha) => !known.has(sha));
      return reached
        .reverse()
        .slice(-250)
        .map((sha) => {
          const { tree: _, ...commit } = find(repository, sha);
          return commit;
        });
    },
    defaultBranch: async () => defaultBranch,
  };

  const git: GitData = {
    async ref(repository, ref) {
      if (repository !== name) throw new NotFound(`there is no repository ${repository}`);
      return refs.get(ref) ?? null;
    },
    async commit(repository, { parent, message, files, date }) {
      const base = parent === null ? {} : find(repository, parent).tree;
      const parents = parent === null ? [] : [parent];
      return store({ parents, message, author: 'cairn[bot]', date, tree: changed(base, files) });
    },
    async createRef(repository, ref, commit) {
      ours(ref);
      find(repository, commit);
      if (refs.has(ref)) return 'exists';
      refs.set(ref, commit);
      return 'created';
    },
    async moveRef(repository, ref, commit, force) {
      ours(ref);
      if (force && !/^refs\/(cairn|heads\/cairn\/revert-)/.test(ref))
        throw new Error(`${ref} may not be forced`);
      find(repository, commit);
      const now = refs.get(ref);
      if (now === undefined) throw new NotFound(`there is no ref ${ref} in ${name}`);
      if (!force && !ancestors(commit).has(now)) return 'not-fast-forward';
      refs.set(ref, commit);
      return 'moved';
    },
    async deleteRef(repository, ref) {
      if (!ref.startsWith('refs/cairn/ephemeral/')) throw new Error(`${ref} may not be deleted`);
      if (repository !== name) throw new NotFound(`there is no repository ${repository}`);
      refs.delete(ref);
    },
  };

  function push(branch: string, files: Record<string, string | null>, options: PushOptions = {}): string {
    const { author = 'alice', message = 'A change', from = defaultBranch } = options;
    const parent = refs.get(`refs/heads/${branch}`) ?? refs.get(`refs/heads/${from}`);
    const base = parent === undefined ? {} : (commits.get(parent)?.tree ?? {});
    const changes = Object.entries(files).map(([path, content]) => ({ path, content }));
    const sha = store({
      parents: parent === undefined ? [] : [parent],
      message,
      author,
      date: DATE,
      tree: changed(base, changes),
    });
    refs.set(`refs/heads/${branch}`, sha);
    return sha;
  }

  function merge(ours: string, theirs: string, message: string): string {
    const mine = find(name, ours);
    const other = find(name, theirs);
    const shared = ancestors(mine.sha);
    const base = [...ancestors(other.sha)].find((sha) => shared.has(sha));
    const before = base === undefined ? {} : (commits.get(base)?.tree ?? {});
    return store({
      parents: [mine.sha, other.sha],
      message,
      author: other.author,
      date: DATE,
      tree: mergeTrees(before, mine.tree, other.tree),
    });
  }

  const read = (ref: string, path: string) => find(name, ref).tree[path]?.content ?? null;
  return { name, refs, commits, source, git, push, merge, read };
}

function ours(ref: string): void {
  if (/^refs\/(heads\/)?cairn\//.test(ref)) return;
  throw new Error(`${ref} is not Cairn's to write`);
}

function changed(base: MemoryTree, files: FileChange[]): MemoryTree {
  const tree = { ...base };
  for (const { path, content, mode } of files) {
    if (content === null) delete tree[path];
    else {
      const text = typeof content === 'string' ? content : new TextDecoder().decode(content);
      tree[path] = { content: text, mode: mode ?? tree[path]?.mode ?? '100644' };
    }
  }
  return tree;
}

function mergeTrees(base: MemoryTree, ours: MemoryTree, theirs: MemoryTree): MemoryTree {
  const merged: MemoryTree = { ...ours };
  for (const path of new Set([...Object.keys(base), ...Object.keys(theirs)])) {
    const [was, mine, other] = [base[path], ours[path], theirs[path]].map((file) => JSON.stringify(file));
    if (other === was || other === mine) continue;
    if (mine !== was) throw new MergeConflict(`both sides changed ${path}`);
    const file = theirs[path];
    if (file) merged[path] = file;
    else delete merged[path];
  }
  return merged;
}

async function tarball(commit: MemoryCommit): Promise<Uint8Array> {
  const archive = pack();
  const folder = `shop-${commit.sha.slice(0, 7)}/`;
  for (const [path, { content, mode }] of Object.entries(commit.tree)) {
    const entry = {
      name: folder + path,
      mode: mode === '100755' ? 0o755 : 0o644,
      mtime: new Date(commit.date),
    };
    if (mode === '120000') archive.entry({ ...entry, type: 'symlink', linkname: content });
    else archive.entry(entry, content);
  }
  archive.finalize();

  const chunks: Uint8Array[] = [];
  for await (const chunk of archive) chunks.push(chunk as Uint8Array);
  return new Uint8Array(gzipSync(Buffer.concat(chunks)));
}
