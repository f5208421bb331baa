import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { JobOrder } from '../../core/jobs/order.ts';

/**
 * Numbers for users that exist nowhere else: below systemd's dynamic users (61184-65519) first, then between
 * nobody and the ranges of containers. They need no line in /etc/passwd.
 */
const RANGES = [
  [61_000, 61_183],
  [70_000, 99_999],
] as const;

export interface Users {
  /** The same number for the same identity each time, also after a restart. */
  uidOf(identity: JobOrder['identity']): number;
}

export function openUsers(file: string): Users {
  const known = read(file);
  return {
    uidOf({ repository, environment, stage }) {
      const name = `${repository} ${environment} ${stage}`;
      const found = known[name];
      if (found !== undefined) return found;
      const uid = firstFree(new Set(Object.values(known)));
      known[name] = uid;
      writeFileSync(`${file}.new`, JSON.stringify(known, null, 2), { mode: 0o600 });
      renameSync(`${file}.new`, file);
      return uid;
    },
  };
}

function firstFree(taken: ReadonlySet<number>): number {
  for (const [first, last] of RANGES) {
    for (let uid = first; uid <= last; uid += 1) if (!taken.has(uid)) return uid;
  }
  throw new Error(
    'There are no more numbers for users of jobs. Remove what is not used any more from users.json.',
  );
}

function read(file: string): Record<string, number> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}
