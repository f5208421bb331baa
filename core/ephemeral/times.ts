import { InvalidInput } from '../errors.ts';
import { momentsOf } from './zones.ts';

const UNITS: Record<string, number> = { m: 60, h: 3600, d: 86_400 };

/** Ten years: longer ones are mistakes, and would at some point be no dates any more. Seconds. */
const LONGEST = 3650 * 86_400;

/** Seconds of `90m`, `8h` or `3d`. Throws InvalidInput. */
export function parseTtl(text: string): number {
  const [, count = '', unit = ''] = /^([1-9][0-9]{0,5})([mhd])$/.exec(text) ?? [];
  if (unit === '') {
    throw new InvalidInput(
      `"${text}" is not a length of time: write a whole number above 0 and m, h or d, without a space or a sign, such as 90m, 8h or 3d.`,
    );
  }
  const seconds = Number(count) * (UNITS[unit] ?? 0);
  if (seconds <= LONGEST) return seconds;
  throw new InvalidInput(`${text} is longer than ten years: write at most ${ttlText(LONGEST)}.`);
}

const MOMENT =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?(Z|[+-]\d\d:\d\d)?(?:\[([A-Za-z][A-Za-z0-9_+/-]*)\])?$/;

/**
 * A moment in ISO 8601 with its zone (`2026-12-01T18:00Z`, `2026-12-01T19:00+01:00`) or with a zone's name as RFC
 * 9557 has it (`2026-12-01T19:00[Europe/Berlin]`). A local time that comes twice is the first unless an offset says
 * which. `now` is for the example in errors. Throws InvalidInput.
 */
export function parseMoment(text: string, now: Date): Date {
  const found = MOMENT.exec(text);
  if (!found) throw new InvalidInput(`"${text}" is not a moment: ${examples(now)}`);
  const [, year, month, day, hour, minute, second = '0', fraction = '', offset, zone] = found;
  const fields = [year, month, day, hour, minute, second].map(Number) as SixNumbers;
  const wall = wallOf(fields, Number(fraction.padEnd(3, '0')), text);
  if (zone !== undefined) return inZone(text, wall, zone, offset);
  if (offset !== undefined) return new Date(wall - offsetOf(offset, text));
  throw new InvalidInput(
    `"${text}" does not say in which time zone: write ${text}Z for UTC, an offset such as ${text}+01:00, or a zone such as ${text}[Europe/Berlin].`,
  );
}

type SixNumbers = [number, number, number, number, number, number];

/** As if it were UTC, in ms. A day that the month does not have would quietly be one of the next month. */
function wallOf([year, month, day, hour, minute, second]: SixNumbers, ms: number, text: string): number {
  const days = month >= 1 && month <= 12 ? new Date(Date.UTC(year, month, 0)).getUTCDate() : 0;
  if (day < 1 || day > days) throw new InvalidInput(`"${text}": there is no such day.`);
  if (hour > 23 || minute > 59 || second > 59) {
    throw new InvalidInput(`"${text}": there is no such time of day; midnight is T00:00 of the day after.`);
  }
  // Years before 100 are taken for those after 1900.
  return new Date(0).setUTCFullYear(year, month - 1, day) + ((hour * 60 + minute) * 60 + second) * 1000 + ms;
}

function offsetOf(text: string, moment: string): number {
  if (text === 'Z') return 0;
  const [hours = 0, minutes = 0] = text.slice(1).split(':').map(Number);
  if (hours > 14 || minutes > 59) throw new InvalidInput(`"${moment}": no place on earth is ${text} of UTC.`);
  return (text.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

function inZone(text: string, wall: number, zone: string, offset: string | undefined): Date {
  const found = zoned(wall, zone, text);
  // Of UTC it is known when it is; the zone is only where it is looked at from.
  if (offset === 'Z') return new Date(wall);
  if (found.kind === 'gap') {
    throw new InvalidInput(
      `"${text}" does not exist: clocks in ${zone} go from ${wallText(found.from)} to ${wallText(found.to)} at once. ` +
        `Write ${wallText(found.from - 60_000)}[${zone}] or ${wallText(found.to)}[${zone}].`,
    );
  }
  if (offset === undefined) return new Date(found.moments[0] ?? wall);
  const moment = wall - offsetOf(offset, text);
  if (found.moments.includes(moment)) return new Date(moment);
  throw new InvalidInput(
    `"${text}": ${zone} is not ${offset} of UTC at that time. Leave one of them out, or write Z for UTC.`,
  );
}

function zoned(wall: number, zone: string, text: string) {
  try {
    return momentsOf(wall, zone);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new InvalidInput(`"${text}": there is no time zone ${zone}. Write one such as Europe/Berlin.`);
  }
}

export interface Wish {
  /** As people write it, or in seconds where it comes from the configuration. */
  ttl?: string | number | undefined;
  /** A moment, or `never`. */
  at?: string | undefined;
}

export interface Lifetime {
  now: Date;
  /** What the maximum counts from. ISO 8601. */
  startedAt: string;
  /** When it ends by now: what a `ttl` is added to. Absent for one that is made anew. */
  endsAt?: string | null;
  /** Seconds. */
  maxTtl: number;
  allowNever: boolean;
}

/** What is wrong with a wish as it is written, whatever the rules say and whenever it is read. Throws InvalidInput. */
export function checkWish({ ttl, at }: Wish, now: Date): void {
  if (typeof ttl === 'string') parseTtl(ttl);
  if (at !== undefined && at !== 'never') parseMoment(at, now);
}

/** When an environment ends, to the second. Throws InvalidInput for what may not be, with what may. */
export function endFrom(wish: Wish, lifetime: Lifetime): { endsAt: string | null } {
  const { now, maxTtl } = lifetime;
  if ((wish.ttl === undefined) === (wish.at === undefined)) {
    throw new InvalidInput(
      'Say either for how much longer, such as 4h, or until when, such as --at … or never.',
    );
  }
  if (wish.at === 'never') return never(lifetime);
  const end = upToSecond(wish.at === undefined ? added(wish.ttl ?? 0, lifetime) : parseMoment(wish.at, now));
  if (end <= now) {
    throw new InvalidInput(
      `${momentText(end)} is not later than now (${momentText(now)}): name a later moment, or take the environment down with \`cairn env down\`.`,
    );
  }
  const latest = upToSecond(new Date(Date.parse(lifetime.startedAt) + maxTtl * 1000));
  if (end > latest) {
    throw new InvalidInput(
      `${momentText(end)} is later than the environment may live: ephemeral.max_ttl in cairn.yaml is ${ttlText(maxTtl)}, ` +
        `counted from ${momentText(new Date(lifetime.startedAt))}. The latest is ${momentText(latest)}.`,
    );
  }
  return { endsAt: end.toISOString() };
}

function never({ allowNever }: Lifetime): { endsAt: null } {
  if (allowNever) return { endsAt: null };
  throw new InvalidInput(
    'An environment without an end is not allowed here: name a moment, or set ephemeral.allow_never in cairn.yaml on the default branch.',
  );
}

/** Later than its end by now; from now on if that is over, or if it is made anew. */
function added(ttl: string | number, { now, endsAt }: Lifetime): Date {
  const seconds = typeof ttl === 'number' ? ttl : parseTtl(ttl);
  if (endsAt === null) {
    throw new InvalidInput(
      'The environment has no end that could be later: name a moment, such as `cairn env end NAME --at …`.',
    );
  }
  const from = endsAt === undefined ? now.getTime() : Math.max(now.getTime(), Date.parse(endsAt));
  return new Date(from + seconds * 1000);
}

function upToSecond(moment: Date): Date {
  return new Date(Math.ceil(moment.getTime() / 1000) * 1000);
}

/** For people: `7 h 59 min`, in full minutes; `never` for what has no end, `over` for what has passed. */
export function remaining(endsAt: string | null, now: Date): string {
  if (endsAt === null) return 'never';
  const left = Date.parse(endsAt) - now.getTime();
  if (left <= 0) return 'over';
  const minutes = Math.floor(left / 60_000);
  if (minutes < 1) return 'less than a minute';
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24];
  const parts = days > 0 ? [`${days} d`, `${hours} h`] : [`${hours} h`, `${minutes % 60} min`];
  return parts.filter((part) => !part.startsWith('0 ')).join(' ');
}

/** As `parseTtl` reads it, in the largest unit that fits. */
export function ttlText(seconds: number): string {
  for (const unit of ['d', 'h']) {
    const size = UNITS[unit] ?? 1;
    if (seconds % size === 0) return `${seconds / size}${unit}`;
  }
  return `${Math.ceil(seconds / 60)}m`;
}

/** As `parseMoment` reads it: `2026-12-01T18:00Z`, with seconds where there are any. */
export function momentText(moment: Date): string {
  return `${wallText(moment.getTime())}Z`;
}

function wallText(wall: number): string {
  const text = new Date(wall).toISOString();
  return text.slice(0, text.slice(16, 19) === ':00' ? 16 : 19);
}

function examples(now: Date): string {
  const hour = wallText(Math.ceil(now.getTime() / 3_600_000 + 24) * 3_600_000);
  return `write the day, the time and the zone, such as ${hour}Z, ${hour}+01:00 or ${hour}[Europe/Berlin].`;
}
