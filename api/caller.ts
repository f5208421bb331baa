import { HTTPException } from 'hono/http-exception';
import { NotAllowed, NotFound } from '../core/errors.ts';
import type { ApiHost } from './host.ts';
import { sameSecret } from './secret.ts';

/** Who asks, verified. `operator` is whoever holds the admin token, or reads the pages of an open server. */
export interface Caller {
  login: string;
  operator: boolean;
}

export const OPERATOR: Caller = { login: 'operator', operator: true };

/** The caller of `Authorization: Bearer …`: the admin token, or a GitHub token that GitHub itself vouches for. */
export async function callerOf(host: ApiHost, authorization: string | undefined): Promise<Caller> {
  const token = /^Bearer ([\x21-\x7e]{1,1000})$/i.exec(authorization ?? '')?.[1];
  const caller = token === undefined ? null : await callerOfToken(host, token);
  if (caller) return caller;
  throw new HTTPException(401, {
    message:
      token === undefined
        ? 'This needs `Authorization: Bearer TOKEN` with the admin token of this server or a GitHub token.'
        : 'The token is neither the admin token of this server nor one that GitHub accepts.',
  });
}

export async function callerOfToken(host: ApiHost, token: string): Promise<Caller | null> {
  if (sameSecret(token, host.adminToken)) return OPERATOR;
  const login = await host.ports.people.whoIs(token);
  // Nobody is `operator` by a name: that is what the admin token is for.
  return login === null || login === OPERATOR.login ? null : { login, operator: false };
}

/** The watched repository as it is configured. Throws NotFound: also if the caller cannot read it. */
export async function readable(host: ApiHost, caller: Caller, repository: string): Promise<string> {
  const watched = host.repositories.find((name) => name.toLowerCase() === repository.toLowerCase());
  if (watched !== undefined && (await permissionOf(host, caller, watched)) !== 'none') return watched;
  throw new NotFound(
    `${JSON.stringify(repository.slice(0, 200))} is not watched by this server, or @${caller.login} cannot read it.`,
  );
}

/** Throws NotAllowed if the caller may read the repository but not write to it. */
export async function writable(host: ApiHost, caller: Caller, repository: string): Promise<string> {
  const watched = await readable(host, caller, repository);
  if (await mayWrite(host, caller, watched)) return watched;
  throw new NotAllowed(`@${caller.login} has no write access to ${watched}; asking for something needs it.`);
}

export async function mayWrite(host: ApiHost, caller: Caller, repository: string): Promise<boolean> {
  const permission = await permissionOf(host, caller, repository);
  return permission === 'admin' || permission === 'write';
}

/** Every watched repository that the caller can read. */
export async function readableRepositories(host: ApiHost, caller: Caller): Promise<string[]> {
  const permissions = await Promise.all(host.repositories.map((name) => permissionOf(host, caller, name)));
  return host.repositories.filter((_, index) => permissions[index] !== 'none');
}

/** Asked of the forge at this moment: what somebody could do yesterday does not count. */
async function permissionOf(host: ApiHost, caller: Caller, repository: string) {
  return caller.operator ? 'admin' : host.ports.people.permission(repository, caller.login);
}
