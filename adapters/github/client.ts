import { createAppAuth } from '@octokit/auth-app';
import { Octokit } from '@octokit/core';
import { mapError } from './errors.ts';
import { addRetries } from './retry.ts';

export interface GithubOptions {
  /** `https://api.github.com`, `https://HOST/api/v3` on GitHub Enterprise. */
  baseUrl: string;
  auth: { token: string } | { app: { appId: number | string; privateKey: string; installationId?: number } };
  clock: { now(): Date };
  /** Where the repository's hooks hand over to this Cairn; needed only by a token, for what they did not bring. */
  webhookUrl?: () => string | null;
  /** A static message and fields; never bodies or secrets. */
  log?: (message: string, fields: Record<string, unknown>) => void;
  fetch?: typeof fetch;
}

export interface Repo {
  request: Octokit['request'];
  owner: string;
  repo: string;
}

export interface Client {
  /** Requests on a repository, as the App's installation there or by the token. Errors are Cairn's. */
  on(repository: string): Promise<Repo>;
  /** GET that costs nothing of the rate limit while the answer is the same (`If-None-Match`). */
  cached<T>(
    repository: string,
    key: string,
    get: (etag: Record<string, string>) => Promise<Answer<T>>,
  ): Promise<T>;
  /** Requests by credentials of somebody else, or none. */
  plain: Octokit['request'];
  /** Login under which Cairn writes; null if GitHub does not tell. */
  self(): Promise<string | null>;
  isApp: boolean;
  /** Requests as the App itself (by its JWT); null for a token. */
  app: Octokit['request'] | null;
  options: GithubOptions;
}

interface Answer<T> {
  data: T;
  headers: { etag?: string };
}

const REQUEST_TIMEOUT = 30_000;
const REMEMBERED = 1000;
export function githubClient(options: GithubOptions): Client {
  const make = clientMaker(options);
  const app = 'app' in options.auth ? options.auth.app : null;
  const token = 'token' in options.auth ? make({ auth: options.auth.token }) : null;
  const asApp = app
    ? make({ authStrategy: createAppAuth, auth: { appId: app.appId, privateKey: app.privateKey } })
    : null;
  const installations = new Map<number, Octokit>();
  const installationOf = new Map<string, number>();
  const remembered = new Map<string, { etag: string; data: unknown }>();
  let self: Promise<string | null> | null = null;

  const octokitOn = async (repository: string, owner: string, repo: string): Promise<Octokit> => {
    if (token) return token;
    if (!app || !asApp) throw new Error('no credentials for GitHub');
    const known = app.installationId ?? installationOf.get(repository);
    const id =
      known ?? (await asApp.request('GET /repos/{owner}/{repo}/installation', { owner, repo })).data.id;
    installationOf.set(repository, id);
    const { appId, privateKey } = app;
    const octokit =
      installations.get(id) ??
      make({ authStrategy: createAppAuth, auth: { appId, privateKey, installationId: id } });
    installations.set(id, octokit);
    return octokit;
  };

  return {
    options,
    isApp: app !== null,
    app: asApp?.request ?? null,
    plain: make({}).request,
    async on(repository) {
      const [owner = '', repo = ''] = repository.split('/');
      return { request: (await octokitOn(repository, owner, repo)).request, owner, repo };
    },
    async cached(repository, key, get) {
      const name = `${repository} ${key}`;
      const before = remembered.get(name) as { etag: string; data: never } | undefined;
      try {
        const { data, headers } = await get(before ? { 'if-none-match': before.etag } : {});
        if (headers.etag !== undefined) remember(remembered, name, { etag: headers.etag, data });
        return data;
      } catch (error) {
        if (before && (error as { status?: unknown }).status === 304) return before.data;
        throw error;
      }
    },
    self() {
      self ??= whoAmI(token, asApp).catch((error) => {
        self = null;
        options.log?.('GitHub does not tell who Cairn is', { error: String(error) });
        return null;
      });
      return self;
    },
  };
}

async function whoAmI(token: Octokit | null, asApp: Octokit | null): Promise<string | null> {
  if (token) return (await token.request('GET /user')).data.login;
  const slug = (await asApp?.request('GET /app'))?.data?.slug;
  return slug === undefined ? null : `${slug}[bot]`;
}

function remember<T>(cache: Map<string, T>, key: string, value: T): void {
  cache.delete(key);
  cache.set(key, value);
  const oldest = cache.keys().next().value;
  if (cache.size > REMEMBERED && oldest !== undefined) cache.delete(oldest);
}

function clientMaker(options: GithubOptions) {
  const send = options.fetch ?? fetch;
  const timed: typeof fetch = (url, init) => {
    const limit = AbortSignal.timeout(REQUEST_TIMEOUT);
    return send(url, { ...init, signal: init?.signal ? AbortSignal.any([init.signal, limit]) : limit });
  };
  // Rate limits are GitHub's own; an Enterprise server or a forge on this machine has none by default.
  const limited = /(^|\.)(github\.com|ghe\.com)$/.test(new URL(options.baseUrl).hostname);
  return (auth: Record<string, unknown>): Octokit => {
    const octokit = new Octokit({
      ...auth,
      baseUrl: options.baseUrl,
      userAgent: 'cairn',
      request: { fetch: timed },
      log: { debug() {}, info() {}, warn() {}, error() {} },
    });
    addRetries(octokit, { limited, clock: options.clock, log: options.log });
    octokit.hook.error('request', (error) => {
      throw mapError(error);
    });
    return octokit;
  };
}
