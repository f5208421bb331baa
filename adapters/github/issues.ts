import { NotFound, Unavailable } from '../../core/errors.ts';
import type { Issue, Issues } from '../../core/ports.ts';
import type { Client } from './client.ts';
import { clip, LIMITS, oneLine } from './text.ts';

export function githubIssues(client: Client): Issues {
  return {
    async open(repository, { title, body }) {
      const text = clip(body, LIMITS.comment);
      // An issue with a marker is one per repository: a step that is repeated finds the one that it opened.
      const marker = /^<!-- cairn:[^\n]* -->/.exec(text)?.[0];
      const there = marker === undefined ? null : await find(repository, marker);
      if (there) {
        await this.edit(repository, there.number, { title, body, state: 'open' });
        return { ...there, state: 'open' };
      }
      const { request, owner, repo } = await client.on(repository);
      try {
        const made = {
          owner,
          repo,
          title: oneLine(title, LIMITS.title),
          body: text,
          request: { retries: 0 },
        };
        return toIssue((await request('POST /repos/{owner}/{repo}/issues', made)).data);
      } catch (error) {
        // No answer does not mean no issue.
        const lost =
          error instanceof Unavailable && marker !== undefined ? await find(repository, marker) : null;
        if (lost) return lost;
        throw error;
      }
    },

    async get(repository, number) {
      const { request, owner, repo } = await client.on(repository);
      const at = { owner, repo, issue_number: number };
      const { data } = await request('GET /repos/{owner}/{repo}/issues/{issue_number}', at);
      // One that was moved to another repository is answered from there.
      if (data.number !== number || data.pull_request) {
        throw new NotFound(`${repository} has no issue #${number} any more`);
      }
      return toIssue(data);
    },

    async edit(repository, number, { title, body, state }) {
      const { request, owner, repo } = await client.on(repository);
      const { data } = await request('PATCH /repos/{owner}/{repo}/issues/{issue_number}', {
        owner,
        repo,
        issue_number: number,
        ...(title === undefined ? {} : { title: oneLine(title, LIMITS.title) }),
        ...(body === undefined ? {} : { body: clip(body, LIMITS.comment) }),
        ...(state === undefined ? {} : { state }),
      });
      if (data.number !== number) throw new NotFound(`${repository} has no issue #${number} any more`);
    },
  };

  /** The newest that Cairn opened with this marker, open or closed; what others write with it is theirs. */
  async function find(repository: string, marker: string): Promise<Issue | null> {
    const self = await client.self();
    if (self === null) return null;
    const { request, owner, repo } = await client.on(repository);
    const { data } = await request('GET /repos/{owner}/{repo}/issues', {
      owner,
      repo,
      creator: self,
      state: 'all',
      per_page: 100,
    });
    const found = data.find(
      (issue) => !issue.pull_request && issue.user?.login === self && issue.body?.startsWith(marker),
    );
    return found ? toIssue(found) : null;
  }
}

function toIssue(data: { number: number; html_url: string; state: string }): Issue {
  return { number: data.number, url: data.html_url, state: data.state === 'closed' ? 'closed' : 'open' };
}
