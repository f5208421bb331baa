import type { Ephemeral } from '../../core/ephemeral/environment.ts';
import type { Ephemerals } from '../../core/ports.ts';
import { type Db, reach, row, rows, run } from './sqlite.ts';

const TABLES = `
create table if not exists ephemerals (
  repository text not null,
  environment text not null,
  version integer not null,
  body text not null,
  primary key (repository, environment)
);`;

export function sqliteEphemerals(db: Db): Ephemerals {
  db.exec(TABLES);

  function get(repository: string, environment: string): Ephemeral | null {
    const found = row<{ body: string }>(
      db,
      'select body from ephemerals where repository = ? and environment = ?',
      repository,
      environment,
    );
    return found && (JSON.parse(found.body) as Ephemeral);
  }

  function countOf(repository: string): number {
    const sql = 'select count(*) as count from ephemerals where repository = ?';
    return row<{ count: number }>(db, sql, repository)?.count ?? 0;
  }

  return {
    claim: (environment, most) =>
      reach('ephemerals', () =>
        // One transaction: nobody else counts or adds meanwhile.
        db.transaction(() => {
          const { repository, environment: name, runId } = environment;
          const known = get(repository, name);
          if (known) return known.runId === runId ? 'claimed' : 'exists';
          if (countOf(repository) >= most) return 'full';

          run(
            db,
            'insert into ephemerals (repository, environment, version, body) values (?, ?, 1, ?)',
            repository,
            name,
            JSON.stringify({ ...environment, version: 1 }),
          );
          return 'claimed';
        }),
      ),
    get: (repository, environment) => reach('ephemerals', () => get(repository, environment)),
    update: (environment) =>
      reach('ephemerals', () => {
        const version = environment.version + 1;
        const changes = run(
          db,
          `update ephemerals set version = ?, body = ?
           where repository = ? and environment = ? and version = ?`,
          version,
          JSON.stringify({ ...environment, version }),
          environment.repository,
          environment.environment,
          environment.version,
        );
        return changes > 0;
      }),
    list: (repository) =>
      reach('ephemerals', () =>
        rows<{ body: string }>(
          db,
          'select body from ephemerals where repository = ? order by environment',
          repository,
        ).map(({ body }) => JSON.parse(body) as Ephemeral),
      ),
    remove: ({ repository, environment, version }) =>
      reach('ephemerals', () => {
        const sql = 'delete from ephemerals where repository = ? and environment = ? and version = ?';
        return run(db, sql, repository, environment, version) > 0;
      }),
  };
}
