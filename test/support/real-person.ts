/** What somebody does on the forge, by its REST API and their own token. */
export interface RealPerson {
  login: string;
  token: string;
  openPull(pull: { head: string; base?: string; title?: string; draft?: boolean }): Promise<RealPull>;
  pull(number: number): Promise<RealPull>;
  pulls(state?: 'open' | 'closed' | 'all'): Promise<RealPull[]>;
  merge(number: number): Promise<string>;
  close(number: number): Promise<void>;
  reopen(number: number): Promise<void>;
  comment(number: number, body: string): Promise<number>;
  comments(number: number): Promise<RealComment[]>;
  checks(commit: string): Promise<RealCheck[]>;
  check(commit: string, name: string): Promise<RealCheck | undefined>;
  /** Issues that are no pull requests. */
  issues(): Promise<RealIssue[]>;
}

interface RealIssue {
  number: number;
  title: string;
  body: string;
  state: 'open' | 'closed';
}

interface RealPull {
  number: number;
  title: string;
  body: string;
  state: 'open' | 'closed';
  head: { sha: string; ref: string };
}

interface RealComment {
  id: number;
  body: string;
  user: { login: string };
}

interface RealCheck {
  id: number;
  name: string;
  conclusion: string | null;
  title: string;
  summary: string;
}

export function realPerson(apiUrl: string, repository: string, login: string, token: string): RealPerson {
  async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await fetch(`${apiUrl}/repos/${repository}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  async function checks(commit: string): Promise<RealCheck[]> {
    type Row = {
      id: number;
      name: string;
      conclusion: string | null;
      output: { title: string; summary: string };
    };
    const path = `/commits/${commit}/check-runs?per_page=100`;
    const { check_runs: rows } = await ask<{ check_runs: Row[] }>('GET', path);
    return rows.map(({ id, name, conclusion, output }) => ({ id, name, conclusion, ...output }));
  }

  return {
    login,
    token,
    openPull: ({ head, base = 'main', title = head, draft = false }) =>
      ask('POST', '/pulls', { head, base, title, draft, body: '' }),
    pull: (number) => ask('GET', `/pulls/${number}`),
    pulls: (state = 'open') => ask('GET', `/pulls?state=${state}&per_page=100`),
    merge: async (number) => (await ask<{ sha: string }>('PUT', `/pulls/${number}/merge`, {})).sha,
    close: async (number) => {
      await ask('PATCH', `/pulls/${number}`, { state: 'closed' });
    },
    reopen: async (number) => {
      await ask('PATCH', `/pulls/${number}`, { state: 'open' });
    },
    comment: async (number, body) =>
      (await ask<{ id: number }>('POST', `/issues/${number}/comments`, { body })).id,
    comments: (number) => ask('GET', `/issues/${number}/comments?per_page=100`),
    checks,
    check: async (commit, name) => (await checks(commit)).find((row) => row.name === name),
    issues: async () => {
      const all = await ask<(RealIssue & { pull_request?: unknown })[]>(
        'GET',
        '/issues?state=all&per_page=100',
      );
      return all.filter((issue) => issue.pull_request === undefined);
    },
  };
}
