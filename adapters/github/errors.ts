import {
  type CairnError,
  Conflict,
  ForgeRefused,
  InvalidInput,
  NotFound,
  Unavailable,
} from '../../core/errors.ts';

/** Octokit's error, by its shape: a plugin may bring a class of its own. */
export interface RequestError extends Error {
  status: number;
  request: { method: string; url: string };
  response?: { headers: Record<string, string | number | undefined> };
}

export function isRequestError(error: unknown): error is RequestError {
  return error instanceof Error && error.name === 'HttpError' && 'status' in error && 'request' in error;
}

/** What GitHub answered, in Cairn's words; the cause keeps the answer itself. */
export function mapError(error: unknown): unknown {
  if (!isRequestError(error)) return error;
  // Not modified: an answer to a conditional request, which its caller waits for.
  if (error.status === 304) return error;
  const { method, url } = error.request;
  const path = pathOf(url);
  const what = `GitHub answered ${error.status} to ${method} ${path}: ${error.message}`;
  return make(error, what, method, path);
}

function make(error: RequestError, what: string, method: string, path: string): CairnError {
  const options = { cause: error };
  // Octokit gives 500 to a request that got no answer at all.
  if (!error.response) {
    return new Unavailable(`GitHub did not answer ${method} ${path}: ${error.message}`, options);
  }
  if (error.status === 404 || error.status === 410) return new NotFound(what, options);
  if (error.status === 429 || (error.status === 403 && isRateLimit(error))) {
    return new Unavailable(`${what}. Cairn goes on when the limit is reset.`, options);
  }
  if (error.status === 401) {
    return new ForgeRefused(
      `${what}. GitHub does not know Cairn's credentials: check the token, or the App's id and private key.`,
      options,
    );
  }
  if (error.status === 403 || error.status === 451) {
    return new ForgeRefused(
      `${what}. Give Cairn's App or token the permission ${neededFor(error, path)}.`,
      options,
    );
  }
  if (error.status === 409 && /empty/i.test(error.message)) return new NotFound(what, options);
  if (error.status === 409) return new Conflict(what, options);
  if (error.status < 500) return new InvalidInput(what, options);
  return new Unavailable(what, options);
}

export function isRateLimit(error: RequestError): boolean {
  return error.response?.headers['x-ratelimit-remaining'] === '0' || /rate limit/i.test(error.message);
}

const PERMISSIONS: [RegExp, string][] = [
  [/\/check-runs/, 'Checks: write'],
  [/\/statuses\//, 'Commit statuses: write'],
  [/\/deployments/, 'Deployments: write'],
  // Comments of pull requests stand below /issues too.
  [/\/issues(\/\d+)?$/, 'Issues: write'],
  [/\/(issues|pulls)\b/, 'Pull requests: write'],
  [/\/collaborators\//, 'Metadata: read'],
  [/\/hooks\b/, 'Webhooks: write'],
  [/\/actions\//, 'Actions: read'],
];

/** GitHub names the permission in a header; where it does not, the path tells. */
function neededFor(error: RequestError, path: string): string {
  const named = error.response?.headers['x-accepted-github-permissions'];
  if (typeof named === 'string' && named !== '') return named.replaceAll('=', ': ');
  return PERMISSIONS.find(([pattern]) => pattern.test(path))?.[1] ?? 'Contents: write';
}

function pathOf(url: string): string {
  try {
    return new URL(url).pathname.replace(/^\/api\/v3/, '');
  } catch {
    return url;
  }
}

/** True if the error came of this answer; `says` narrows it by GitHub's message. */
export function answered(error: unknown, status: number, says?: RegExp): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return isRequestError(cause) && cause.status === status && (says?.test(cause.message) ?? true);
}
