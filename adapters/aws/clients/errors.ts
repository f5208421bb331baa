import { CairnError, Misconfigured, Unavailable } from '../../../core/errors.ts';

/** By shape: each client has a class of its own, and what is bundled may be there twice. */
interface AwsError extends Error {
  $metadata: { httpStatusCode?: number; attempts?: number };
}

/** Whether AWS answered with this error. */
export function isAws(error: unknown, ...names: string[]): error is AwsError {
  return error instanceof Error && names.includes(error.name);
}

const BUSY =
  /throttl|too.?many.?requests|request.?limit|slow.?down|throughput.?exceeded|capacity.?exceeded|service.?unavailable|timeout|timed.?out|^internal/i;
const UNREACHED = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
const DENIED =
  /^(AccessDenied|AccessDeniedException|UnauthorizedOperation|KMSAccessDeniedException|UnrecognizedClientException|InvalidAccessKeyId|InvalidClientTokenId|Forbidden|403)$/;
/** What Cairn was deployed with is not there. */
const MISSING = /^NoSuchBucket$/;
/** Credentials of a role that were renewed meanwhile: the next attempt has the new ones. */
const RENEWED = /^(ExpiredToken|ExpiredTokenException|RequestExpired)$/;

/** Calls AWS; its errors become Cairn's. `what` is what was asked for, such as `table cairn`. */
export async function reach<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw awsError(what, error);
  }
}

/** An answer that the caller waits for (a condition that does not hold, a key that is not there) stays as it is. */
export function awsError(what: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof CairnError) return error;
  const cause = { cause: error };
  if (isPassing(error)) return new Unavailable(`AWS did not answer for ${what}: ${error.message}`, cause);
  // HEAD has no body: its refusal has no name.
  if (DENIED.test(error.name) || statusOf(error) === 403) {
    return new Misconfigured(
      `AWS does not let Cairn use ${what}: ${error.message || error.name}. Deploy Cairn again; if that does not help, look for a policy of the organisation that forbids it.`,
      cause,
    );
  }
  if (MISSING.test(error.name)) {
    return new Misconfigured(`The bucket of ${what} is not there: deploy Cairn again.`, cause);
  }
  if (error.name === 'CredentialsProviderError') {
    return new Misconfigured(`Cairn has no credentials of AWS, for ${what}: ${error.message}`, cause);
  }
  return error;
}

function isPassing(error: Error): boolean {
  const { code } = error as { code?: unknown };
  const status = statusOf(error);
  if (status >= 500 || status === 429) return true;
  if (typeof code === 'string' && UNREACHED.has(code)) return true;
  return BUSY.test(error.name) || RENEWED.test(error.name);
}

function statusOf(error: Error): number {
  return (error as Partial<AwsError>).$metadata?.httpStatusCode ?? 0;
}
