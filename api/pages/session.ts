import type { Context } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { type Caller, OPERATOR } from '../caller.ts';
import type { ApiHost } from '../host.ts';
import { hmac, sameSecret } from '../secret.ts';

const COOKIE = 'cairn_session';
const DAYS = 7;

/** Who looks at a page; null if somebody has to sign in first. */
export function viewerOf(c: Context, host: ApiHost): Caller | null {
  if (host.pages === 'open') return OPERATOR;
  const [name = '', until = '', mac = ''] = (getCookie(c, COOKIE) ?? '').split('.');
  if (!sameSecret(mac, sign(host, name, until))) return null;
  if (!(Number(until) > host.ports.clock.now().getTime())) return null;
  const login = Buffer.from(name, 'base64url').toString();
  return login === OPERATOR.login ? OPERATOR : { login, operator: false };
}

/** Remembers who signed in: the cookie holds a name and an HMAC, never a token. */
export function signIn(c: Context, host: ApiHost, caller: Caller): void {
  const name = Buffer.from(caller.login).toString('base64url');
  const until = String(host.ports.clock.now().getTime() + DAYS * 86_400_000);
  setCookie(c, COOKIE, `${name}.${until}.${sign(host, name, until)}`, {
    httpOnly: true,
    sameSite: 'Strict',
    secure: host.ports.links.run('x').startsWith('https:'),
    path: '/',
    maxAge: DAYS * 86_400,
  });
}

/** A new admin token ends every session. */
function sign(host: ApiHost, name: string, until: string): string {
  return hmac(`cairn pages ${host.adminToken}`, `${name}.${until}`);
}

/**
 * An open server answers only who asks for this machine by name: else any site could have its own name point
 * here and read the pages through somebody's browser. What a proxy hands on comes from elsewhere.
 */
export function isFromThisMachine(c: Context): boolean {
  const forwarded = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'];
  return isLoopbackName(c.req.header('host')) && forwarded.every((name) => c.req.header(name) === undefined);
}

export function isLoopbackName(hostHeader: string | undefined): boolean {
  const name = (hostHeader ?? '').replace(/:\d+$/, '').toLowerCase();
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    name === '[::1]' ||
    /^127(\.\d{1,3}){3}$/.test(name)
  );
}

/** A path of this server to go on to after signing in. */
export function nextPath(asked: unknown): string {
  return typeof asked === 'string' && /^\/(?![/\\])[\x21-\x7e]*$/.test(asked) ? asked : '/';
}
