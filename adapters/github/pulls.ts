import { setTimeout as sleep } from 'node:timers/promises';
import { MergeConflict, NotFound, Unavailable } from '../../core/errors.ts';
import type { Pull, Pulls } from '../../core/ports.ts';
import type { Client } from './client.ts';
import { answered } from './errors.ts';

/** Milliseconds between looks at a test merge that GitHub is still making: half a minute in all. */
const LOOKS = [50, 150, 300, 500, 1000, 2000, 3000, 5000, 8000, 10_000];

export function githubPulls(client: Client): Pulls {
  const get = async (repository: string, number: number) => {
    const { request, owner, repo } = await client.on(repository);
    const at = { owner, repo, pull_number: number };
    try {
      return (await request('GET /repos/{owner}/{repo}/pulls/{pull_number}', at)).data;
    } catch (error) {
      if (!answered(error, 404)) throw error;
      throw new NotFound(`There is no pull request #${number} in ${repository}.`, { cause: error });
    }
  };

  return {
    async get(repository, number) {
      return toPull(await get(repository, number));
    },

    async ofCommit(repository, commit) {
      const { request, owner, repo } = await client.on(repository);
      const at = { owner, repo, commit_sha: commit };
      const { data } = await request('GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls', at);
      return data.map(toPull);
    },

    async testMerge(repository, number) {
      for (const pause of [...LOOKS, null]) {
        const pull = await get(repository, number);
        if (pull.state === 'closed') {
          throw new NotFound(`${repository}#${number} is closed: there is no test merge of it`);
        }
        if (pull.mergeable === false) {
          throw new MergeConflict(
            `${repository}#${number}: ${pull.head.ref} (${short(pull.head.sha)}) does not merge cleanly into ` +
              `${pull.base.ref}. Merge or rebase ${pull.base.ref} into it and push.`,
          );
        }
        const merge = pull.mergeable ? pull.merge_commit_sha : null;
        // Right after a push the merge may still be the older head's: its parents tell.
        if (merge && (await isMergeOf(repository, merge, pull.head.sha))) return merge;
        if (pause !== null) await sleep(pause);
      }
      throw new Unavailable(`GitHub has not made the test merge of ${repository}#${number} yet`);
    },

    async findOpen(repository, headBranch) {
      const { request, owner, repo } = await client.on(repository);
      const head = `${owner}:${headBranch}`;
      const { data } = await request('GET /repos/{owner}/{repo}/pulls', {
        owner,
        repo,
        state: 'open',
        head,
        per_page: 1,
      });
      const found = data.find((pull) => pull.head.ref === headBranch);
      return found ? toPull(found) : null;
    },

    async open(repository, pull) {
      const { request, owner, repo } = await client.on(repository);
      try {
        const body = { owner, repo, ...pull, request: { retries: 0 } };
        return toPull((await request('POST /repos/{owner}/{repo}/pulls', body)).data);
      } catch (error) {
        // Opened before, by this very step or by an attempt whose answer was lost: that one is it.
        const again = error instanceof Unavailable || /already exists/i.test(String(error));
        const there = again ? await this.findOpen(repository, pull.head) : null;
        if (there) return there;
        throw error;
      }
    },

    async edit(repository, number, change) {
      const { request, owner, repo } = await client.on(repository);
      await request('PATCH /repos/{owner}/{repo}/pulls/{pull_number}', {
        owner,
        repo,
        pull_number: number,
        ...change,
      });
    },
  };

  async function isMergeOf(repository: string, merge: string, head: string): Promise<boolean> {
    const { request, owner, repo } = await client.on(repository);
    const at = { owner, repo, commit_sha: merge };
    const { data } = await request('GET /repos/{owner}/{repo}/git/commits/{commit_sha}', at);
    return data.parents.some((parent) => parent.sha === head);
  }
}

interface GithubPull {
  number: number;
  title: string;
  state: string;
  merged_at: string | null;
  draft?: boolean;
  user: { login: string } | null;
  head: { ref: string; sha: string; repo: { full_name: string } | null };
  base: { ref: string; sha: string; repo: { full_name: string } };
  html_url: string;
}

function toPull(data: GithubPull): Pull {
  return {
    number: data.number,
    title: data.title,
    state: data.state === 'open' ? 'open' : 'closed',
    merged: data.merged_at !== null,
    draft: data.draft ?? false,
    // A deleted account is shown as `ghost`.
    author: data.user?.login ?? 'ghost',
    // A fork that was deleted has no repository any more.
    fork: data.head.repo?.full_name !== data.base.repo.full_name,
    head: { branch: data.head.ref, sha: data.head.sha },
    base: { branch: data.base.ref, sha: data.base.sha },
    url: data.html_url,
  };
}

function short(sha: string): string {
  return sha.slice(0, 7);
}
