import type { z } from 'zod';
import type { RepositoryRow } from '../state.ts';
import {
  type Ctx,
  canWrite,
  ForgeError,
  findRepository,
  notFound,
  permissionOf,
  type World,
} from '../world.ts';

/** The repository of the path, if the caller may read it: GitHub does not tell a stranger that it exists. */
export function readable(world: World, c: Ctx): RepositoryRow {
  const repository = findRepository(world, `${c.req.param('owner')}/${c.req.param('repo')}`);
  const { kind, login } = c.get('caller');
  if (!repository || kind === 'app' || permissionOf(repository, login) === 'none') throw notFound();
  return repository;
}

interface Writer {
  repository: RepositoryRow;
  login: string;
}

export function writable(world: World, c: Ctx): Writer {
  const { kind, login } = c.get('caller');
  if (login === null) throw new ForgeError(401, 'Requires authentication');
  const repository = readable(world, c);
  if (canWrite(repository, login)) return { repository, login };
  const what = kind === 'installation' ? 'integration' : 'personal access token';
  throw new ForgeError(403, `Resource not accessible by ${what}`);
}

/** Anybody who can read may do it under their own name: comment, open a pull request. */
export function participant(world: World, c: Ctx): Writer {
  const { login } = c.get('caller');
  if (login === null) throw new ForgeError(401, 'Requires authentication');
  return { repository: readable(world, c), login };
}

export async function bodyOf<T extends z.ZodType>(c: Ctx, schema: T): Promise<z.infer<T>> {
  let json: unknown;
  try {
    json = JSON.parse((await c.req.text()) || '{}');
  } catch {
    throw new ForgeError(400, 'Problems parsing JSON');
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map((issue) => ({
    resource: 'Request',
    field: issue.path.join('.'),
    code: 'invalid',
    message: issue.message,
  }));
  throw new ForgeError(422, 'Validation Failed', errors);
}

export function integer(text: string | undefined): number {
  if (text === undefined || !/^\d{1,15}$/.test(text)) throw notFound();
  return Number(text);
}

/** One page of a list, with GitHub's `Link` header. */
export function paged<T>(c: Ctx, all: T[], perPageDefault = 30): T[] {
  const { page, perPage } = pageOf(c, perPageDefault);
  linkPages(c, page, Math.ceil(all.length / perPage));
  return all.slice((page - 1) * perPage, page * perPage);
}

export function pageOf(c: Ctx, perPageDefault = 30): { page: number; perPage: number } {
  const number = (key: string, otherwise: number) => {
    const text = c.req.query(key);
    return text !== undefined && /^[1-9]\d{0,6}$/.test(text) ? Number(text) : otherwise;
  };
  return { page: number('page', 1), perPage: Math.min(100, number('per_page', perPageDefault)) };
}

export function linkPages(c: Ctx, page: number, last: number): void {
  const to = (number: number, rel: string) => {
    const url = new URL(c.req.url);
    url.searchParams.set('page', `${number}`);
    return `<${url}>; rel="${rel}"`;
  };
  const links = [
    ...(page > 1 ? [to(page - 1, 'prev'), to(1, 'first')] : []),
    ...(page < last ? [to(page + 1, 'next'), to(last, 'last')] : []),
  ];
  if (links.length > 0) c.header('link', links.join(', '));
}
