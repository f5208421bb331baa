import { InvalidInput, NotFound } from '../../core/errors.ts';
import type { FileChange, GitData } from '../../core/ports.ts';
import type { Client, Repo } from './client.ts';
import { answered } from './errors.ts';

/** GitHub takes trees of about this size in one request; text above it goes as a blob of its own. */
const INLINE = 512 * 1024;
const BLOBS_AT_ONCE = 4;

export function githubGitData(client: Client): GitData {
  return {
    async ref(repository, ref) {
      const { request, owner, repo } = await client.on(repository);
      const short = ref.replace(/^refs\//, '');
      try {
        const data = await client.cached(repository, short, (headers) =>
          request('GET /repos/{owner}/{repo}/git/ref/{ref}', { owner, repo, ref: short, headers }),
        );
        return data.object.sha;
      } catch (error) {
        if (error instanceof NotFound) return null;
        throw error;
      }
    },

    async commit(repository, { parent, message, files, date }) {
      const on = await client.on(repository);
      const { request, owner, repo } = on;
      const base = parent === null ? null : await treeOf(on, parent);
      const tree = files.length === 0 && base !== null ? base : await makeTree(on, base, files);
      const self = (await client.self()) ?? 'cairn';
      const author = { name: self, email: `${self}@users.noreply.github.com`, date };
      const { data } = await request('POST /repos/{owner}/{repo}/git/commits', {
        owner,
        repo,
        message,
        tree,
        parents: parent === null ? [] : [parent],
        author,
        committer: author,
      });
      return data.sha;
    },

    async createRef(repository, ref, commit) {
      own(ref);
      const { request, owner, repo } = await client.on(repository);
      try {
        await request('POST /repos/{owner}/{repo}/git/refs', { owner, repo, ref, sha: commit });
        return 'created';
      } catch (error) {
        if (answered(error, 422, /already exists/i)) return 'exists';
        throw error;
      }
    },

    async moveRef(repository, ref, commit, force) {
      own(ref);
      if (force && !/^refs\/(cairn\/|heads\/cairn\/revert-[^/]+$)/.test(ref)) {
        throw new InvalidInput(
          `Cairn never forces ${ref}: only its revert branches and refs below refs/cairn/ may be moved back`,
        );
      }
      const { request, owner, repo } = await client.on(repository);
      const at = { owner, repo, ref: ref.replace(/^refs\//, ''), sha: commit, force };
      try {
        await request('PATCH /repos/{owner}/{repo}/git/refs/{ref}', at);
        return 'moved';
      } catch (error) {
        if (answered(error, 422, /fast.?forward/i)) return 'not-fast-forward';
        if (answered(error, 409)) return 'not-fast-forward';
        if (answered(error, 422, /does not exist/i)) {
          throw new NotFound(`${repository} has no ${ref}, or no commit ${commit}`, { cause: error });
        }
        throw error;
      }
    },

    async deleteRef(repository, ref) {
      own(ref);
      if (!ref.startsWith('refs/cairn/ephemeral/')) {
        throw new InvalidInput(`Cairn deletes only refs below refs/cairn/ephemeral/, not ${ref}`);
      }
      const { request, owner, repo } = await client.on(repository);
      try {
        await request('DELETE /repos/{owner}/{repo}/git/refs/{ref}', {
          owner,
          repo,
          ref: ref.replace(/^refs\//, ''),
        });
      } catch (error) {
        // Somebody else was first, or this is the second try of a call whose answer was lost.
        if (error instanceof NotFound || answered(error, 422, /does not exist/i)) return;
        throw error;
      }
    },
  };
}

/** Cairn's own refs, and nothing of the user's, whatever a caller asks. */
function own(ref: string): void {
  if (
    /^refs\/(heads\/cairn|cairn)\/[^/]/.test(ref) &&
    !/\.\.|\/\/|[\s~^:?*[\\]|@\{|\/$|\.lock(\/|$)|\/[.-]/.test(ref)
  )
    return;
  throw new InvalidInput(`Cairn writes only refs below refs/heads/cairn/ and refs/cairn/, not ${ref}`);
}

async function treeOf({ request, owner, repo }: Repo, commit: string): Promise<string> {
  const at = { owner, repo, commit_sha: commit };
  return (await request('GET /repos/{owner}/{repo}/git/commits/{commit_sha}', at)).data.tree.sha;
}

async function makeTree(on: Repo, base: string | null, files: FileChange[]): Promise<string> {
  const { request, owner, repo } = on;
  const tree: TreeItem[] = [];
  for (let at = 0; at < files.length; at += BLOBS_AT_ONCE) {
    tree.push(...(await Promise.all(files.slice(at, at + BLOBS_AT_ONCE).map((file) => treeItem(on, file)))));
  }
  const made = await request('POST /repos/{owner}/{repo}/git/trees', {
    owner,
    repo,
    tree,
    ...(base === null ? {} : { base_tree: base }),
  });
  return made.data.sha;
}

interface TreeItem {
  path: string;
  mode: '100644' | '100755' | '120000';
  type: 'blob';
  sha?: string | null;
  content?: string;
}

/** Text goes along with the tree; other bytes need a blob first. */
async function treeItem({ request, owner, repo }: Repo, file: FileChange): Promise<TreeItem> {
  const item = { path: file.path, mode: file.mode ?? '100644', type: 'blob' } as const;
  if (file.content === null) return { ...item, sha: null };
  const text = asText(file.content);
  if (text !== null && text.length <= INLINE) return { ...item, content: text };
  const content = Buffer.from(file.content).toString('base64');
  const { data } = await request('POST /repos/{owner}/{repo}/git/blobs', {
    owner,
    repo,
    content,
    encoding: 'base64',
  });
  return { ...item, sha: data.sha };
}

function asText(content: Uint8Array | string): string | null {
  if (typeof content === 'string') return content;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    return null;
  }
}
