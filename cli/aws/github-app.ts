import { createAppAuth } from '@octokit/auth-app';

/** The GitHub App as itself: what it may do to itself with nothing but its key. */
export interface GithubApp {
  get<T>(path: string): Promise<T>;
  patch<T>(path: string, body: unknown): Promise<T>;
}

export interface AppKey {
  appId: string;
  privateKey: string;
}

/** GitHub's answer, where it is no good one. Never holds what was sent. */
export class GithubSaid extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'GithubSaid';
    this.status = status;
  }
}

/** Throws an Error if the key is none. */
export async function githubApp(url: string, { appId, privateKey }: AppKey): Promise<GithubApp> {
  const { token } = await createAppAuth({ appId, privateKey })({ type: 'app' });
  const base = url.replace(/\/+$/, '');

  async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${base}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/vnd.github+json',
        'user-agent': 'cairn',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: 'error',
      signal: AbortSignal.timeout(15_000),
    });
    const answer = (await response.json().catch(() => null)) as { message?: string } | null;
    if (response.ok) return answer as T;
    throw new GithubSaid(
      response.status,
      `${base}${path} answers ${response.status}${answer?.message ? ` (${answer.message})` : ''}`,
    );
  }

  return { get: (path) => ask('GET', path), patch: (path, body) => ask('PATCH', path, body) };
}
