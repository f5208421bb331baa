import { randomBytes } from 'node:crypto';
import type { Forge } from '../forge/forge.ts';

/** What a person does on the forge, by its REST API and their own token. */
export interface Person {
  login: string;
  token: string;
  openPull(change: { title: string; body: string; head: string; base: string }): Promise<PullPage>;
  merge(number: number): Promise<string>;
  comment(number: number, body: string): Promise<void>;
  comments(number: number): Promise<{ body: string; user: { login: string } }[]>;
  checks(
    commit: string,
  ): Promise<{ name: string; status: string; conclusion: string | null; title: string }[]>;
  pulls(state: 'open' | 'closed' | 'all'): Promise<PullPage[]>;
  /** Issues that are no pull requests, newest first. */
  issues(): Promise<IssuePage[]>;
}

interface IssuePage {
  number: number;
  title: string;
  body: string | null;
  state: 'open' | 'closed';
  html_url: string;
}

export interface PullPage {
  number: number;
  title: string;
  body: string;
  html_url: string;
  head: { sha: string; ref: string };
}

/** Somebody whom the forge did not know, with a token of their own. */
export function newcomer(
  forge: Pick<Forge, 'addUser' | 'apiUrl'>,
  repository: string,
  login: string,
  permission: 'admin' | 'write' | 'read',
): Person {
  const token = `${login}-${randomBytes(12).toString('hex')}`;
  forge.addUser(login, token, { [repository]: permission });
  return person(forge.apiUrl, repository, login, token);
}

export function person(apiUrl: string, repository: string, login: string, token: string): Person {
  async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await fetch(`${apiUrl}/repos/${repository}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/vnd.github+json',
        'content-type': 'application/json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  return {
    login,
    token,
    openPull: (change) => ask('POST', '/pulls', change),
    merge: async (number) => (await ask<{ sha: string }>('PUT', `/pulls/${number}/merge`, {})).sha,
    comment: async (number, body) => {
      await ask('POST', `/issues/${number}/comments`, { body });
    },
    comments: (number) => ask('GET', `/issues/${number}/comments`),
    checks: async (commit) => {
      type Row = {
        name: string;
        status: string;
        conclusion: string | null;
        output: { title: string | null };
      };
      const { check_runs: rows } = await ask<{ check_runs: Row[] }>('GET', `/commits/${commit}/check-runs`);
      return rows.map(({ name, status, conclusion, output }) => ({
        name,
        status,
        conclusion,
        title: output.title ?? '',
      }));
    },
    issues: async () => {
      const all = await ask<(IssuePage & { pull_request?: unknown })[]>(
        'GET',
        '/issues?state=all&per_page=100',
      );
      return all.filter((one) => one.pull_request === undefined);
    },
    pulls: (state) => ask('GET', `/pulls?state=${state}`),
  };
}
