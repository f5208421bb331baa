import { NotFound, Unavailable } from '../../core/errors.ts';
import type { Reports } from '../../core/ports.ts';
import { githubChecks } from './checks.ts';
import type { Client } from './client.ts';
import { clip, LIMITS, oneLine } from './text.ts';

const HOUR = 3_600_000;

export function githubReports(client: Client): Reports {
  return {
    check: githubChecks(client),

    async createComment(repository, pull, body) {
      const text = clip(body, LIMITS.comment);
      // A comment with a marker is one per pull request: a step that is repeated finds the one it wrote.
      const marker = /^<!-- cairn:[^\n]* -->/.exec(text)?.[0];
      const since = new Date(client.options.clock.now().getTime() - HOUR);
      const there =
        marker === undefined
          ? null
          : await findComment(repository, pull, since, (found) => found.startsWith(marker));
      if (there) {
        if (there.body !== text) await this.editComment(repository, there.id, text);
        return there.id;
      }
      const { request, owner, repo } = await client.on(repository);
      try {
        const at = { owner, repo, issue_number: pull, body: text, request: { retries: 0 } };
        return `${(await request('POST /repos/{owner}/{repo}/issues/{issue_number}/comments', at)).data.id}`;
      } catch (error) {
        // No answer does not mean no comment.
        const lost =
          error instanceof Unavailable
            ? await findComment(repository, pull, since, (found) => found === text)
            : null;
        if (lost) return lost.id;
        throw error;
      }
    },

    async editComment(repository, id, body) {
      const { request, owner, repo } = await client.on(repository);
      const at = { owner, repo, comment_id: Number(id), body: clip(body, LIMITS.comment) };
      await request('PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}', at);
    },

    async createDeployment(repository, { commit, environment, description, runId }) {
      const { request, owner, repo } = await client.on(repository);
      const at = { owner, repo, sha: commit, environment };
      const before = await request('GET /repos/{owner}/{repo}/deployments', at);
      const mine = before.data.find(({ payload }) => runOf(payload) === runId);
      if (mine) return `${mine.id}`;
      const { data } = await request('POST /repos/{owner}/{repo}/deployments', {
        owner,
        repo,
        ref: commit,
        environment,
        description: oneLine(description, LIMITS.description),
        payload: { runId },
        auto_merge: false,
        required_contexts: [],
        request: { retries: 0 },
      });
      if ('id' in data) return `${data.id}`;
      throw new Unavailable(`GitHub merged instead of deploying ${repository}@${commit}`);
    },

    async deploymentStatus(repository, id, status) {
      const { request, owner, repo } = await client.on(repository);
      await request('POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses', {
        owner,
        repo,
        deployment_id: Number(id),
        state: status.state,
        description: oneLine(status.description, LIMITS.description),
        log_url: status.url,
        ...(status.environmentUrl === undefined ? {} : { environment_url: status.environmentUrl }),
      });
    },

    async react(repository, comment, reaction) {
      const { request, owner, repo } = await client.on(repository);
      const at = { owner, repo, comment_id: Number(comment), content: reaction };
      try {
        await request('POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions', at);
      } catch (error) {
        // Its author deleted the comment: nobody is left to see the reaction.
        if (!(error instanceof NotFound)) throw error;
      }
    },
  };

  async function findComment(repository: string, pull: number, since: Date, fits: (body: string) => boolean) {
    const { request, owner, repo } = await client.on(repository);
    const at = { owner, repo, issue_number: pull, since: since.toISOString(), per_page: 100 };
    const { data } = await request('GET /repos/{owner}/{repo}/issues/{issue_number}/comments', at);
    const candidates = data.filter(({ body }) => fits(body ?? ''));
    if (candidates.length === 0) return null;
    const self = await client.self();
    const found = candidates.find(({ user }) => user?.login === self);
    return found ? { id: `${found.id}`, body: found.body ?? '' } : null;
  }
}

function runOf(payload: unknown): unknown {
  if (typeof payload === 'object' && payload !== null) return (payload as { runId?: unknown }).runId;
  try {
    return typeof payload === 'string' ? runOf(JSON.parse(payload)) : undefined;
  } catch {
    return undefined;
  }
}
