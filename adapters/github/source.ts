import { NotFound, Unavailable } from '../../core/errors.ts';
import type { Commit, Source } from '../../core/ports.ts';
import type { Client } from './client.ts';

/** `Source.between` answers at most this many. */
const MOST_COMMITS = 250;
const PER_PAGE = 100;
/** Archives above this are refused: they would not fit the job either. */
const LARGEST_ARCHIVE = 512 * 1024 * 1024;
const DOWNLOAD_TIMEOUT = 300_000;

export function githubSource(client: Client): Source {
  return {
    async head(repository, branch) {
      const { request, owner, repo } = await client.on(repository);
      const ref = `heads/${branch}`;
      const data = await client.cached(repository, ref, (headers) =>
        request('GET /repos/{owner}/{repo}/git/ref/{ref}', { owner, repo, ref, headers }),
      );
      return data.object.sha;
    },

    async commit(repository, ref) {
      const { request, owner, repo } = await client.on(repository);
      try {
        // per_page 1: the commit alone is wanted, not its files.
        const { data } = await request('GET /repos/{owner}/{repo}/commits/{ref}', {
          owner,
          repo,
          ref,
          per_page: 1,
        });
        return toCommit(data);
      } catch (error) {
        throw noCommit(error, repository, ref);
      }
    },

    async tarball(repository, commit) {
      const { request, owner, repo } = await client.on(repository);
      const answer = await request('GET /repos/{owner}/{repo}/tarball/{ref}', {
        owner,
        repo,
        ref: commit,
        request: { redirect: 'manual' },
      });
      if (answer.data instanceof ArrayBuffer) return new Uint8Array(answer.data);
      const { location } = answer.headers;
      if (location === undefined) throw new Unavailable(`GitHub sent no archive of ${repository}@${commit}`);
      return download(client, new URL(location, answer.url), `${repository}@${commit}`);
    },

    async file(repository, ref, path) {
      const { request, owner, repo } = await client.on(repository);
      try {
        const { data } = await request('GET /repos/{owner}/{repo}/contents/{path}', {
          owner,
          repo,
          path,
          ref,
        });
        if (Array.isArray(data) || data.type !== 'file') return null;
        if (data.encoding !== 'base64') {
          throw new Unavailable(`${path} of ${repository} is too big to read: GitHub gives at most 1 MB`);
        }
        return Buffer.from(data.content, 'base64').toString('utf8');
      } catch (error) {
        if (error instanceof NotFound) return null;
        throw error;
      }
    },

    async between(repository, base, head) {
      const { request, owner, repo } = await client.on(repository);
      const commits: Commit[] = [];
      for (let page = 1; commits.length < MOST_COMMITS; page++) {
        const { data } = await request('GET /repos/{owner}/{repo}/compare/{basehead}', {
          owner,
          repo,
          basehead: `${base}...${head}`,
          per_page: PER_PAGE,
          page,
        });
        commits.push(...data.commits.map(toCommit));
        if (data.commits.length < PER_PAGE || commits.length >= data.total_commits) break;
      }
      return commits.slice(0, MOST_COMMITS);
    },

    async defaultBranch(repository) {
      const { request, owner, repo } = await client.on(repository);
      const data = await client.cached(repository, 'repository', (headers) =>
        request('GET /repos/{owner}/{repo}', { owner, repo, headers }),
      );
      return data.default_branch;
    },
  };
}

interface GithubCommit {
  sha: string;
  parents: { sha: string }[];
  commit: { message: string; committer: { date?: string } | null };
  author: { login?: string } | Record<string, never> | null;
}

function toCommit(data: GithubCommit): Commit {
  return {
    sha: data.sha,
    parents: data.parents.map((parent) => parent.sha),
    message: data.commit.message,
    author: data.author?.login ?? null,
    date: data.commit.committer?.date ?? '',
  };
}

/** For a commit that is not there GitHub says 422, "No commit found for SHA". */
function noCommit(error: unknown, repository: string, ref: string): unknown {
  const missing = error instanceof Error && /No commit found/i.test(error.message);
  return missing ? new NotFound(`${repository} has no commit ${ref}`, { cause: error }) : error;
}

/** The redirect's address carries a ticket of its own: no credential of Cairn's goes to that host. */
async function download(client: Client, url: URL, what: string): Promise<Uint8Array> {
  const plain = new URL(client.options.baseUrl).protocol === 'http:';
  if (url.protocol !== 'https:' && !plain) {
    throw new Unavailable(`GitHub redirects the archive of ${what} to ${url.origin}, which is not https`);
  }
  const send = client.options.fetch ?? fetch;
  let answer: Response;
  try {
    answer = await send(url, {
      signal: AbortSignal.timeout(DOWNLOAD_TIMEOUT),
      headers: { 'user-agent': 'cairn' },
    });
    if (answer.ok) return await read(answer, what);
  } catch (error) {
    if (error instanceof Unavailable) throw error;
    throw new Unavailable(`the archive of ${what} could not be fetched from ${url.origin}`, { cause: error });
  }
  const message = `${url.origin} answered ${answer.status} for the archive of ${what}`;
  throw answer.status === 404 ? new NotFound(message) : new Unavailable(message);
}

async function read(answer: Response, what: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    size += chunk.byteLength;
    if (size > LARGEST_ARCHIVE) throw new Unavailable(`the archive of ${what} is bigger than 512 MiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
