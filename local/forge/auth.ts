import { createPublicKey, verify } from 'node:crypto';
import { type Caller, type Ctx, loginOf, type World } from './world.ts';

const NOBODY: Caller = { kind: 'anonymous', login: null, appId: null };

/**
 * Who sent this request, by `Authorization: Bearer|token X` or by basic auth with the token as password (or
 * as user name). 'bad' for credentials that are nobody's.
 */
export function callerOf(world: World, c: Ctx): Caller | 'bad' {
  const header = c.req.header('authorization');
  if (header === undefined) return NOBODY;
  const [, scheme = '', value = ''] = /^(\w+) +(.+)$/.exec(header) ?? [];
  if (/^basic$/i.test(scheme)) {
    const text = Buffer.from(value, 'base64').toString('utf8');
    const split = text.indexOf(':');
    const [user, password] = split < 0 ? [text, ''] : [text.slice(0, split), text.slice(split + 1)];
    return byToken(world, password) ?? byToken(world, user) ?? 'bad';
  }
  if (!/^(bearer|token)$/i.test(scheme)) return 'bad';
  return byToken(world, value) ?? byJwt(world, value) ?? 'bad';
}

function byToken(world: World, token: string): Caller | null {
  const login = loginOf(world, token);
  if (login === null) return null;
  const app = world.store.state.apps.find((row) => `${row.slug}[bot]` === login);
  return app ? { kind: 'installation', login, appId: app.id } : { kind: 'user', login, appId: null };
}

/** An App's own token: a JWT of at most ten minutes, signed with RS256 by its key. */
function byJwt(world: World, token: string): Caller | null {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const claims = parse(payload);
  const app = world.store.state.apps.find((row) => `${row.id}` === `${claims?.['iss']}`);
  if (!app || parse(header)?.['alg'] !== 'RS256') return null;
  const signed = Buffer.from(`${header}.${payload}`);
  const fits = verify(
    'RSA-SHA256',
    signed,
    createPublicKey(app.publicKey),
    Buffer.from(signature, 'base64url'),
  );
  const seconds = Date.now() / 1000;
  const { exp, iat } = claims ?? {};
  const fresh =
    typeof exp === 'number' &&
    typeof iat === 'number' &&
    exp > seconds &&
    iat <= seconds + 60 &&
    exp - iat <= 660;
  return fits && fresh ? { kind: 'app', login: null, appId: app.id } : null;
}

function parse(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
