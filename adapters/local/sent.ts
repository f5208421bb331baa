import type { Sent } from '../../core/ports.ts';
import { type Db, reach, row, run } from './sqlite.ts';

const TABLES = `
create table if not exists sent (
  key text primary key,
  id text not null,
  shown integer not null
);`;

export function sqliteSent(db: Db): Sent {
  db.exec(TABLES);

  return {
    get: (key) =>
      reach('sent', () =>
        row<{ id: string; order: number }>(db, 'select id, shown as "order" from sent where key = ?', key),
      ),
    put: (key, value) =>
      reach('sent', () => {
        const changes = run(
          db,
          `insert into sent (key, id, shown) values (?, ?, ?)
           on conflict (key) do update set id = excluded.id, shown = excluded.shown
           where sent.shown <= excluded.shown`,
          key,
          value.id,
          value.order,
        );
        return changes > 0;
      }),
  };
}
