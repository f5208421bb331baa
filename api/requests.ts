import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { InvalidInput } from '../core/errors.ts';
import {
  approveRequest,
  deployRequest,
  destroyRequest,
  driftRequest,
  ephemeralRequest,
  extendRequest,
  freezeRequest,
  planRequest,
  type Request,
  rejectRequest,
  requestSchema,
  rollbackRequest,
  runRequest,
  unfreezeRequest,
} from '../core/requests/request.ts';
import { schemaProblems } from './errors.ts';

const asked = { repository: z.string().max(200).optional() };

/** What may be asked through the API: the requests of the bus, without what the server knows itself. */
const bodySchema = z.discriminatedUnion('command', [
  z.strictObject({ ...planRequest.omit({ origin: true, asked: true }).shape, ...asked }),
  z.strictObject({
    ...deployRequest.omit({ origin: true, branch: true, projects: true, replace: true }).shape,
    ...asked,
  }),
  z.strictObject({ ...rollbackRequest.omit({ origin: true }).shape, ...asked }),
  z.strictObject({ ...approveRequest.omit({ origin: true }).shape, ...asked }),
  z.strictObject({ ...rejectRequest.omit({ origin: true }).shape, ...asked }),
  z
    .strictObject({ ...ephemeralRequest.omit({ origin: true, automatic: true }).shape, ...asked })
    .refine(({ ref, pull }) => ref !== undefined || pull !== undefined, {
      path: ['ref'],
      message: 'say what it is made of: "ref" (a branch, a tag, a commit), "pull", or both',
    }),
  z
    .strictObject({ ...extendRequest.omit({ origin: true }).shape, ...asked })
    .refine(({ ttl, at }) => (ttl === undefined) !== (at === undefined), {
      path: ['ttl'],
      message: 'say either "ttl" (how much later it ends) or "at" (a moment, or "never")',
    }),
  z.strictObject({ ...destroyRequest.omit({ origin: true, reason: true }).shape, ...asked }),
  z.strictObject({ ...runRequest.omit({ origin: true }).shape, ...asked }),
  z.strictObject({ ...driftRequest.omit({ origin: true }).shape, ...asked }),
  z.strictObject({ ...freezeRequest.omit({ origin: true }).shape, ...asked }),
  z.strictObject({ ...unfreezeRequest.omit({ origin: true }).shape, ...asked }),
]);
type RequestBody = z.infer<typeof bodySchema>;

export function parseRequestBody(text: string): RequestBody {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    throw new InvalidInput('The body is not JSON: send {"command": "deploy", "environment": "…"}.', {
      cause: error,
    });
  }
  const parsed = bodySchema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new InvalidInput(schemaProblems(parsed.error), { cause: parsed.error });
}

/**
 * The key under which asking twice is asking once: the caller's, or one of its own for a caller that gives none.
 * It is kept apart by login, so that two people who both count from 1 do not answer for each other.
 */
export function triggerOf(login: string, header: string | undefined): string {
  if (header === undefined) return `api-${login}-${randomUUID()}`;
  if (/^[\x21-\x7e]{1,150}$/.test(header)) return `api-${login}-${header}`;
  throw new InvalidInput('Idempotency-Key is 1 to 150 visible ASCII characters.');
}

export function toRequest(body: RequestBody, repository: string, login: string, trigger: string): Request {
  const origin = { source: 'api' as const, login, trigger };
  // A fork is planned only when somebody named the very commit.
  const asked = body.command === 'plan' ? { asked: body.commit !== undefined } : {};
  return requestSchema.parse({ ...body, ...asked, repository, origin });
}
