import { claimed, released } from '../../core/environments/lock-queue.ts';
import type { Lock, Locks } from '../../core/ports.ts';
import { type Db, reach, row, rows, run } from './sqlite.ts';

const TABLES = `
create table if not exists locks (
  repository text not null,
  environment text not null,
  held integer not null,
  body text not null,
  primary key (repository, environment)
);`;

export function sqliteLocks(db: Db): Locks {
  db.exec(TABLES);

  function get(repository: string, environment: string): Lock | null {
    const found = row<{ body: string }>(
      db,
      'select body from locks where repository = ? and environment = ?',
      repository,
      environment,
    );
    return found ? (JSON.parse(found.body) as Lock) : null;
  }

  function put(lock: Lock): Lock {
    run(
      db,
      `insert into locks (repository, environment, held, body) values (?, ?, ?, ?)
       on conflict (repository, environment) do update set held = excluded.held, body = excluded.body`,
      lock.repository,
      lock.environment,
      lock.holder ? 1 : 0,
      JSON.stringify(lock),
    );
    return lock;
  }

  return {
    claim: (repository, environment, claim) =>
      reach('locks', () =>
        db.transaction(() => {
          const lock = get(repository, environment);
          return put(
            claimed(lock ?? { repository, environment, fence: 0, holder: null, waiting: [] }, claim),
          );
        }),
      ),
    get: (repository, environment) => reach('locks', () => get(repository, environment)),
    release: (repository, environment, runId) =>
      reach('locks', () =>
        db.transaction(() => {
          const lock = get(repository, environment);
          return lock && put(released(lock, runId));
        }),
      ),
    held: () =>
      reach('locks', () =>
        rows<{ body: string }>(
          db,
          'select body from locks where held = 1 order by repository, environment',
        ).map((found) => JSON.parse(found.body) as Lock),
      ),
  };
}
