import type { Database } from '../../adapters/local/database.ts';

/** What a dead process answers. */
export const NEVER = new Promise<never>(() => undefined);

/** A port whose calls never return once the server is dead; `effects` are boundaries. */
export function gated<T extends object>(
  port: T,
  effects: readonly string[],
  isAlive: () => boolean,
  pass: () => void,
): T {
  const entries = Object.entries(port).map(([name, value]) => {
    if (typeof value !== 'function') return [name, value];
    const call = async (...args: unknown[]) => {
      if (!isAlive()) return NEVER;
      const answer: unknown = await value.apply(port, args);
      if (effects.includes(name)) pass();
      return isAlive() ? answer : NEVER;
    };
    return [name, call];
  });
  return Object.fromEntries(entries) as T;
}

/** A dead process writes nothing. */
export function whileAlive(db: Database, isAlive: () => boolean): Database {
  const check = () => {
    if (!isAlive()) throw new Error('the database connection is not open');
  };
  return {
    file: db.file,
    get inTransaction() {
      return db.inTransaction;
    },
    prepare(sql) {
      check();
      return db.prepare(sql);
    },
    exec(sql) {
      check();
      db.exec(sql);
    },
    transaction(work) {
      check();
      return db.transaction(work);
    },
    close: () => db.close(),
  };
}
