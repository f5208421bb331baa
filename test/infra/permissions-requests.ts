import type { Grant } from '../../infra/permissions/job-policy.ts';
import type { Call } from '../executor/aws/proxy.ts';
import { ARTIFACTS, STATES } from '../executor/aws/support.ts';
import { type Ask, allowed, type Statement } from './permissions-simulator.ts';

const ACTIONS: Record<string, string> = {
  GET: 's3:GetObject',
  HEAD: 's3:GetObject',
  PUT: 's3:PutObject',
  DELETE: 's3:DeleteObject',
};

/** What a request to Cairn's buckets asks of IAM; nothing of other requests. */
export function asksOf({ method, url, headers }: Call): Ask[] {
  const { pathname, searchParams } = new URL(url.replaceAll('%', '%25'), 'http://s3');
  const [bucket = '', ...segments] = pathname.slice(1).split('/');
  const key = decodeURIComponent(segments.join('/'));
  if (bucket !== ARTIFACTS && bucket !== STATES) return [];
  if (key === '') {
    const prefix = searchParams.get('prefix');
    const context = prefix === null ? {} : { 's3:prefix': prefix };
    return [{ action: 's3:ListBucket', resource: `arn:aws:s3:::${bucket}`, context }];
  }
  const resource = `arn:aws:s3:::${bucket}/${key}`;
  const once = headers['if-none-match'];
  const context: Record<string, string> = once === undefined ? {} : { 's3:if-none-match': once };
  const tags = [...new URLSearchParams(String(headers['x-amz-tagging'] ?? ''))];
  for (const [name, value] of tags) context[`s3:RequestObjectTag/${name}`] = value;
  const tagging = tags.length > 0 ? [{ action: 's3:PutObjectTagging', resource, context }] : [];
  return [{ action: ACTIONS[method] ?? `s3:${method}`, resource, context }, ...tagging];
}

export function toStatement({ sid, actions, resources, conditions }: Grant): Statement {
  return {
    Sid: sid,
    Effect: 'Allow',
    Action: [...actions],
    Resource: [...resources],
    ...(conditions ? { Condition: conditions } : {}),
  };
}

/** Grants of one action on one pattern each, by what they say. */
export function rightsOf(grants: readonly Grant[]): Map<string, Statement> {
  return new Map(
    grants.flatMap((grant) =>
      grant.actions.flatMap((action) =>
        grant.resources.map((resource): [string, Statement] => [
          `${action} ${resource}`,
          toStatement({ ...grant, actions: [action], resources: [resource] }),
        ]),
      ),
    ),
  );
}

/** Those of the rights that allow what is asked. */
export function usedBy(ask: Ask, rights: ReadonlyMap<string, Statement>): string[] {
  return [...rights].filter(([, right]) => allowed([right], ask)).map(([name]) => name);
}
