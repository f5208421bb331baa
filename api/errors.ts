import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { ZodError, z } from 'zod';
import { CairnError, InvalidConfig } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { BodyTooLarge } from './body.ts';

const STATUS: Record<string, ContentfulStatusCode> = {
  InvalidInput: 400,
  InvalidConfig: 400,
  UnsafeSource: 400,
  NotAllowed: 403,
  NotFound: 404,
  Conflict: 409,
  MergeConflict: 409,
  InvalidToken: 409,
  ForgeRefused: 502,
  Unavailable: 503,
};

/** What every error looks like outside. `error` is a name for programs, `message` is for people. */
interface Problem {
  status: ContentfulStatusCode;
  error: string;
  message: string;
  problems?: string[];
}

export function problemOf(error: unknown): Problem {
  if (error instanceof CairnError) {
    const status = STATUS[error.name] ?? 500;
    const { name, message } = error;
    return error instanceof InvalidConfig
      ? { status, error: name, message, problems: error.problems }
      : { status, error: name, message };
  }
  if (error instanceof BodyTooLarge) return { status: 413, error: 'TooLarge', message: error.message };
  if (error instanceof ZodError)
    return { status: 400, error: 'InvalidInput', message: schemaProblems(error) };
  if (error instanceof HTTPException) {
    return { status: error.status as ContentfulStatusCode, error: 'Refused', message: error.message };
  }
  return { status: 500, error: 'Internal', message: 'Something went wrong in Cairn; its log says what.' };
}

/** What does not fit, as people and terminals read it: `digest: a digest is …`, a line for each. */
export function schemaProblems({ issues }: ZodError): string {
  const lines = issues.map(({ path, message }) =>
    path.length === 0 ? message : `${z.core.toDotPath(path)}: ${message}`,
  );
  return lines.join('\n');
}

/** Logs what the operator should know of: passing trouble and bugs, not what a caller got wrong. */
export function logProblem(log: Log, c: Context, error: unknown, problem: Problem): void {
  if (problem.status < 500) return;
  log('error', 'request failed', {
    method: c.req.method,
    // The matched route, not the path: a path can carry what somebody pasted.
    route: c.req.path.slice(0, 200),
    error: error instanceof Error ? error.name : 'unknown',
    // Of an error that is not ours only the stack's places: its message could quote a body.
    detail: error instanceof CairnError ? error.message : places(error),
  });
}

function places(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  return stack
    .split('\n')
    .filter((line) => line.trimStart().startsWith('at '))
    .slice(0, 4)
    .map((line) => line.trim())
    .join(' | ');
}
