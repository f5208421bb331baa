import { join } from 'node:path';
import type { Context } from 'hono';
import { stamp } from './objects.ts';
import type { Permission, RepositoryRow, UserRow } from './state.ts';
import type { Store } from './store.ts';

/** Who calls the API. An app itself (with its JWT) is nobody's login. */
export interface Caller {
  kind: 'user' | 'installation' | 'app' | 'anonymous';
  login: string | null;
  appId: number | null;
}

export type Env = { Variables: { caller: Caller } };
export type Ctx = Context<Env>;

/** Everything that the forge's parts share. */
export interface World {
  dir: string;
  store: Store;
  clock: { now(): Date };
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  url(): string;
  /** Sends a webhook to the repository's hooks; never waits for them. */
  tell(repository: RepositoryRow, event: string, payload: Record<string, unknown>): void;
  /** One after the other per repository: what moves refs or numbers. */
  locked<T>(repository: RepositoryRow, work: () => Promise<T>): Promise<T>;
}

/** An answer in GitHub's words. */
export class ForgeError extends Error {
  readonly status: 400 | 401 | 403 | 404 | 405 | 409 | 410 | 422 | 500;
  readonly errors: unknown[] | undefined;

  constructor(status: ForgeError['status'], message: string, errors?: unknown[]) {
    super(message);
    this.status = status;
    this.errors = errors;
  }
}

export function notFound(): ForgeError {
  return new ForgeError(404, 'Not Found');
}

export function unprocessable(resource: string, field: string, message: string): ForgeError {
  return new ForgeError(422, 'Validation Failed', [{ resource, field, code: 'custom', message }]);
}

export function fullName(repository: RepositoryRow): string {
  return `${repository.owner}/${repository.name}`;
}

export function gitDir(world: World, repository: RepositoryRow): string {
  return join(world.dir, 'git', repository.owner, `${repository.name}.git`);
}

export function nextId(world: World): number {
  world.store.touch();
  return world.store.state.nextId++;
}

export function now(world: World): string {
  return stamp(world.clock.now());
}

export function findRepository(world: World, name: string): RepositoryRow | null {
  const { repositories } = world.store.state;
  const key = name.toLowerCase().replace(/\.git$/, '');
  return Object.hasOwn(repositories, key) ? (repositories[key] ?? null) : null;
}

export function findUser(world: World, login: string): UserRow | null {
  const wanted = login.toLowerCase();
  return world.store.state.users.find((user) => user.login.toLowerCase() === wanted) ?? null;
}

/** GitHub's rule: the owner is admin, a public repository can be read by everybody. */
export function permissionOf(repository: RepositoryRow, login: string | null): Permission | 'none' {
  if (login === null) return repository.private ? 'none' : 'read';
  if (login.toLowerCase() === repository.owner.toLowerCase()) return 'admin';
  const found = Object.entries(repository.permissions).find(
    ([name]) => name.toLowerCase() === login.toLowerCase(),
  );
  return found?.[1] ?? (repository.private ? 'none' : 'read');
}

export function canWrite(repository: RepositoryRow, login: string | null): boolean {
  return login !== null && ['admin', 'write'].includes(permissionOf(repository, login));
}

/** Whose token it is; null for one that is unknown or over. */
export function loginOf(world: World, token: string): string | null {
  const { tokens } = world.store.state;
  const row = Object.hasOwn(tokens, token) ? tokens[token] : undefined;
  if (!row) return null;
  if (row.until !== null && row.until <= world.clock.now().toISOString()) return null;
  return row.login;
}

/** A queue per key: work starts when all work handed in before it has ended, well or not. */
export function makeLocks(): World['locked'] {
  const tails = new Map<number, Promise<unknown>>();
  return (repository, work) => {
    const before = tails.get(repository.id) ?? Promise.resolve();
    const result = before.then(work, work);
    tails.set(
      repository.id,
      result.catch(() => {}),
    );
    return result;
  };
}
