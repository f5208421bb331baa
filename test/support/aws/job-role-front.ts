import { createServer } from 'node:http';
import { type Grant, type JobPlace, jobGrants } from '../../../infra/permissions/job-policy.ts';
import { bodyOf, listen } from '../http.ts';
import { ACCOUNT, REGION } from './moto.ts';

/**
 * Stands before the emulator, which lets everybody do everything, and answers as AWS does to one job's role:
 * what jobGrants does not allow is denied. Knows what jobs ask of S3, and STS's AssumeRole.
 */
export interface JobRoleFront {
  endpoint: string;
  close(): Promise<void>;
}

interface FrontOptions {
  moto: string;
  place: JobPlace;
  artifacts: string;
  states: string;
  externalId: string | null;
  /** Grants on top, to see that they are found. */
  more?: Grant[];
}

export async function startJobRoleFront(options: FrontOptions): Promise<JobRoleFront> {
  const world = {
    artifacts: `arn:aws:s3:::${options.artifacts}`,
    states: `arn:aws:s3:::${options.states}`,
    key: `arn:aws:kms:${REGION}:${ACCOUNT}:key/1`,
    region: REGION,
  };
  const grants = [...jobGrants(options.place, world), ...(options.more ?? [])];
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    const url = new URL(request.url ?? '/', 'http://front');
    const isSts = request.method === 'POST' && url.pathname === '/';
    const isAllowed = isSts
      ? stsAllowed(new URLSearchParams(body.toString()), options)
      : s3Allowed(request.method ?? '', url, request.headers, grants);
    const deny = () => {
      response.writeHead(403, { 'content-type': 'application/xml' });
      const error = '<Code>AccessDenied</Code><Message>Access Denied</Message>';
      response.end(
        isSts ? `<ErrorResponse><Error>${error}</Error></ErrorResponse>` : `<Error>${error}</Error>`,
      );
    };
    if (!isAllowed) return deny();
    const headers = Object.fromEntries(
      Object.entries(request.headers).filter(
        ([name]) => !/^(connection|transfer-encoding|expect)$/.test(name),
      ),
    ) as Record<string, string>;
    const answer = await fetch(`${options.moto}${request.url}`, {
      method: request.method ?? 'GET',
      headers,
      ...(body.length > 0 ? { body } : {}),
    });
    const text = Buffer.from(await answer.arrayBuffer());
    // S3 tells what is missing only to who may list.
    if (answer.status === 404 && !isSts && !mayList(url, grants)) return deny();
    const {
      'content-encoding': _,
      'content-length': __,
      'transfer-encoding': ___,
      ...rest
    } = Object.fromEntries(answer.headers);
    response.writeHead(answer.status, rest).end(text);
  });
  const { url: endpoint, close } = await listen(server);
  return { endpoint, close };
}

function stsAllowed(form: URLSearchParams, { place, externalId }: FrontOptions): boolean {
  if (form.get('Action') !== 'AssumeRole') return true;
  return form.get('RoleArn') === place.targetRole && form.get('ExternalId') === externalId;
}

type Headers = Record<string, string | string[] | undefined>;

const ACTIONS: Record<string, string> = {
  GET: 's3:GetObject',
  HEAD: 's3:GetObject',
  PUT: 's3:PutObject',
  DELETE: 's3:DeleteObject',
};

function s3Allowed(method: string, url: URL, headers: Headers, grants: Grant[]): boolean {
  const [bucket = '', ...key] = decodeURIComponent(url.pathname).slice(1).split('/');
  const path = key.join('/');
  const action = path === '' ? 's3:ListBucket' : (ACTIONS[method] ?? method);
  const resource = `arn:aws:s3:::${path === '' ? bucket : `${bucket}/${path}`}`;
  const context = {
    's3:if-none-match': headers['if-none-match'],
    's3:prefix': url.searchParams.get('prefix'),
  };
  return allowed(grants, action, resource, context);
}

function mayList(url: URL, grants: Grant[]): boolean {
  const bucket = url.pathname.split('/')[1] ?? '';
  return allowed(grants, 's3:ListBucket', `arn:aws:s3:::${bucket}`, {});
}

function allowed(
  grants: Grant[],
  action: string,
  resource: string,
  context: Record<string, unknown>,
): boolean {
  return grants.some(
    ({ actions, resources, conditions }) =>
      actions.includes(action) && resources.some((one) => like(one, resource)) && fits(conditions, context),
  );
}

function fits(conditions: Grant['conditions'], context: Record<string, unknown>): boolean {
  return Object.entries(conditions ?? {}).every(([operator, keys]) =>
    Object.entries(keys).every(([key, wanted]) => {
      const is = context[key];
      const absent = is === undefined || is === null;
      if (operator === 'Null') return absent === (wanted === 'true');
      if (operator === 'StringLikeIfExists')
        return absent || [wanted].flat().some((one) => like(one, String(is)));
      if (operator === 'StringLike') return !absent && [wanted].flat().some((one) => like(one, String(is)));
      throw new Error(`${operator} is not read here`);
    }),
  );
}

/** `*` of IAM goes over slashes. */
function like(pattern: string, text: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(text);
}
