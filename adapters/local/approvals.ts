import type { Approvals, WaitingApproval } from '../../core/ports.ts';
import { type Db, reach, row, run } from './sqlite.ts';

const TABLES = `
create table if not exists approvals (
  repository text not null,
  environment text not null,
  run_id text not null,
  body text not null,
  primary key (repository, environment)
);`;

export function sqliteApprovals(db: Db): Approvals {
  db.exec(TABLES);

  return {
    put: (wait) =>
      reach('approvals', () => {
        run(
          db,
          `insert into approvals (repository, environment, run_id, body) values (?, ?, ?, ?)
           on conflict (repository, environment) do update set run_id = excluded.run_id, body = excluded.body`,
          wait.repository,
          wait.environment,
          wait.runId,
          JSON.stringify(wait),
        );
      }),
    replace: (before, wait) =>
      reach('approvals', () => {
        const { repository, environment, runId } = wait;
        const body = JSON.stringify(wait);
        const written =
          before === null
            ? run(
                db,
                'insert into approvals (repository, environment, run_id, body) values (?, ?, ?, ?) on conflict do nothing',
                repository,
                environment,
                runId,
                body,
              )
            : run(
                db,
                'update approvals set run_id = ?, body = ? where repository = ? and environment = ? and body = ?',
                runId,
                body,
                repository,
                environment,
                JSON.stringify(before),
              );
        return written === 1;
      }),
    get: (repository, environment) =>
      reach('approvals', () => {
        const found = row<{ body: string }>(
          db,
          'select body from approvals where repository = ? and environment = ?',
          repository,
          environment,
        );
        return found ? (JSON.parse(found.body) as WaitingApproval) : null;
      }),
    remove: (repository, environment, runId) =>
      reach('approvals', () => {
        run(
          db,
          'delete from approvals where repository = ? and environment = ? and run_id = ?',
          repository,
          environment,
          runId,
        );
      }),
  };
}
