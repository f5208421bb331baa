import { CairnError, Unavailable } from '../../core/errors.ts';
import type { Database, Value } from './database.ts';

export type Db = Database;
export type { Value };

export function run(db: Db, sql: string, ...values: Value[]): number {
  return db.prepare(sql).run(...values).changes;
}

/** The caller names the row's shape: it wrote the `select`. */
export function rows<T>(db: Db, sql: string, ...values: Value[]): T[] {
  return db.prepare(sql).all<T>(...values);
}

export function row<T>(db: Db, sql: string, ...values: Value[]): T | null {
  return db.prepare(sql).all<T>(...values)[0] ?? null;
}

const PASSING = /^SQLITE_(BUSY|LOCKED|FULL|IOERR|CANTOPEN|NOMEM|INTERRUPT)/;

/** Runs a store's work; a database that is busy, full or closed becomes `Unavailable`, a bug stays what it is. */
export async function reach<T>(store: string, work: () => T): Promise<T> {
  try {
    return work();
  } catch (error) {
    if (error instanceof CairnError) throw error;
    if (!isPassing(error)) throw error;

    throw new Unavailable(`the database of ${store} did not answer: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.message.includes('connection is not open')) return true;

  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && PASSING.test(code);
}
