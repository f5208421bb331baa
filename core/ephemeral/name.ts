import { createHash } from 'node:crypto';

/**
 * The name of an ephemeral environment tells what it is, wherever it stands: it starts with `eph-`, which no
 * permanent environment's may. It is safe as a DNS label, since it ends up in host names.
 */
const PREFIX = 'eph-';

/** What all ephemeral environments of a repository are to whoever grants rights: one account, one set of roles. */
export const EPHEMERAL = 'ephemeral';

/** Room for what people put in front of it within a DNS label (63). */
const LONGEST = 40;

export function isEphemeral(environment: string): boolean {
  return environment.startsWith(PREFIX);
}

/** The name as somebody may have given it, without what makes it ephemeral. */
export function bareName(environment: string): string {
  return isEphemeral(environment) ? environment.slice(PREFIX.length) : environment;
}

/** Where an environment's jobs and states are kept, and what their rights follow from. */
export function placeOf(environment: string): string {
  return isEphemeral(environment) ? EPHEMERAL : environment;
}

/** Of a name that somebody gave, with or without `eph-`; what is no DNS label is made one, never like another's. */
export function ephemeralName(text: string): string {
  const wanted = text.startsWith(PREFIX) ? text.slice(PREFIX.length) : text;
  const safe = wanted
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  if (safe === wanted && safe !== '' && PREFIX.length + safe.length <= LONGEST) return PREFIX + safe;
  const hash = createHash('sha256').update(wanted).digest('hex').slice(0, 6);
  const cut = safe.slice(0, LONGEST - PREFIX.length - hash.length - 1).replace(/-+$/, '');
  return PREFIX + [cut, hash].filter((part) => part !== '').join('-');
}

export function pullEnvironment(pull: number): string {
  return `${PREFIX}pr-${pull}`;
}

/** The environment that a request for one is about: by its name, else by its pull request, else by its ref. */
export function environmentOf(request: {
  name?: string | undefined;
  pull?: number | undefined;
  ref?: string | undefined;
}): string {
  if (request.name !== undefined) return ephemeralName(request.name);
  if (request.ref === undefined && request.pull !== undefined) return pullEnvironment(request.pull);
  return ephemeralName(request.ref ?? '');
}
