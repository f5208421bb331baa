import { readFile } from 'node:fs/promises';
import { createAppAuth } from '@octokit/auth-app';
import type { Finding } from './findings.ts';

interface GithubAccess {
  url: string;
  token: string | null;
  app: { appId: string; keyFile: string } | { appId: string; privateKey: string } | null;
  repositories: string[];
}

/** What Cairn's App needs, and for what. */
const NEEDED: Record<string, ['read' | 'write', string]> = {
  contents: ['write', 'reading the code, writing cairn/record and cairn/revert-* branches'],
  pull_requests: ['write', 'comments and revert pull requests'],
  issues: ['write', 'the issue that tells of drift'],
  checks: ['write', 'the check of a pull request'],
  deployments: ['write', 'deployments and their statuses'],
  metadata: ['read', 'asking who may do what'],
};

/** More than this apart, GitHub refuses an App's signature. */
const SKEW_S = 30;

export async function checkGithub(access: GithubAccess): Promise<Finding[]> {
  const authorization = await authorizationOf(access);
  if (typeof authorization !== 'string') return [authorization];
  const path = access.app && !access.token ? '/app' : '/user';
  const answer = await call(access.url, path, authorization);
  if ('error' in answer) {
    return [
      {
        name: 'github',
        status: 'fail',
        message: `${access.url} does not answer: ${answer.error}`,
        help: 'Look at --github-url, at the network, and at a proxy that may be needed.',
      },
    ];
  }
  const findings = [clockFinding(answer.headers.get('date'))];
  if (answer.status === 401 || answer.status === 403) {
    const what = path === '/app' ? 'the App id with its key' : 'the token';
    return [
      ...findings,
      {
        name: 'github',
        status: 'fail',
        message: `${access.url} refuses ${what} (${answer.status}).`,
        help: 'Make a new one, or look whether it has expired.',
      },
    ];
  }
  if (answer.status !== 200) {
    return [
      ...findings,
      {
        name: 'github',
        status: 'fail',
        message: `${access.url}${path} answers ${answer.status}.`,
        help: 'Is --github-url the base address of the REST API (GitHub Enterprise: https://HOST/api/v3)?',
      },
    ];
  }
  const { login, slug, permissions } = answer.body as {
    login?: string;
    slug?: string;
    permissions?: Record<string, string>;
  };
  findings.push({
    name: 'github',
    status: 'ok',
    message: `${access.url} as ${login ?? `the App ${slug ?? ''}`}`,
  });
  const scopes = answer.headers.get('x-oauth-scopes');
  if (path === '/app') findings.push(appPermissions(permissions ?? {}));
  else if (scopes && !/\brepo\b/.test(scopes)) {
    findings.push({
      name: 'token',
      status: 'fail',
      message: `The token has the scopes ${scopes}.`,
      help: 'It needs the scope "repo".',
    });
  }
  const repositories = await Promise.all(
    access.repositories.map((name) => checkRepository(access, name, path, authorization)),
  );
  return [...findings, ...repositories];
}

async function authorizationOf({ token, app, url }: GithubAccess): Promise<string | Finding> {
  if (token) return `token ${token}`;
  if (!app) {
    return {
      name: 'github',
      status: 'fail',
      message: 'There is no way to sign in to GitHub.',
      help: 'Give --github-token (CAIRN_GITHUB_TOKEN), or --app-id and --app-key-file.',
    };
  }
  try {
    const privateKey = 'keyFile' in app ? await readFile(app.keyFile, 'utf8') : app.privateKey;
    const signed = await createAppAuth({ appId: app.appId, privateKey })({ type: 'app' });
    return `bearer ${signed.token}`;
  } catch (error) {
    return {
      name: 'github',
      status: 'fail',
      message: `The key of App ${app.appId} ${'keyFile' in app ? `(${app.keyFile}) ` : ''}cannot be used for ${url}: ${(error as Error).message}`,
      help: 'Download a private key (PEM) on the page of the App.',
    };
  }
}

function appPermissions(has: Record<string, string>): Finding {
  const lacking = Object.entries(NEEDED).filter(
    ([name, [level]]) => !(has[name] === 'write' || has[name] === level),
  );
  if (lacking.length === 0)
    return { name: 'permissions', status: 'ok', message: Object.keys(NEEDED).join(', ') };
  const lines = lacking.map(([name, [level, why]]) => `${name}: ${level} (${why})`);
  return {
    name: 'permissions',
    status: 'fail',
    message: `The App lacks ${lines.join('; ')}.`,
    help: 'Add them on the page of the App, then accept the change where it is installed.',
  };
}

async function checkRepository(
  access: GithubAccess,
  repository: string,
  path: string,
  authorization: string,
): Promise<Finding> {
  const at = path === '/app' ? `/repos/${repository}/installation` : `/repos/${repository}`;
  const answer = await call(access.url, at, authorization);
  if ('error' in answer)
    return { name: repository, status: 'fail', message: answer.error, help: 'Try again.' };
  if (answer.status !== 200) {
    const help =
      path === '/app' ? 'Install the App on it.' : 'Give the token access to it, and look at its spelling.';
    return { name: repository, status: 'fail', message: `It cannot be read (${answer.status}).`, help };
  }
  if (path === '/app') return { name: repository, status: 'ok', message: 'The App is installed.' };
  const { permissions } = answer.body as { permissions?: { push?: boolean } };
  return permissions?.push
    ? { name: repository, status: 'ok', message: 'The token may write to it.' }
    : {
        name: repository,
        status: 'fail',
        message: 'The token may only read it.',
        help: 'Cairn writes comments, statuses and the branch cairn/record: give it write access.',
      };
}

function clockFinding(date: string | null): Finding {
  const skew = date === null ? Number.NaN : Math.round((Date.now() - Date.parse(date)) / 1000);
  if (Number.isNaN(skew))
    return {
      name: 'clock',
      status: 'warn',
      message: 'GitHub did not say what time it is.',
      help: 'Look whether a proxy answers in its place.',
    };
  return Math.abs(skew) <= SKEW_S
    ? { name: 'clock', status: 'ok', message: `within ${SKEW_S} seconds of GitHub's` }
    : {
        name: 'clock',
        status: 'fail',
        message: `${Math.abs(skew)} seconds ${skew > 0 ? 'ahead of' : 'behind'} GitHub's.`,
        help: 'Turn on time synchronization (NTP): GitHub refuses signatures of another time.',
      };
}

type Answer = { status: number; headers: Headers; body: unknown } | { error: string };

async function call(base: string, path: string, authorization: string): Promise<Answer> {
  try {
    const response = await fetch(`${base.replace(/\/+$/, '')}${path}`, {
      headers: { authorization, accept: 'application/vnd.github+json', 'user-agent': 'cairn-doctor' },
      redirect: 'error',
      signal: AbortSignal.timeout(15_000),
    });
    return {
      status: response.status,
      headers: response.headers,
      body: await response.json().catch(() => null),
    };
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    return { error: cause instanceof Error ? cause.message : String(cause) };
  }
}
