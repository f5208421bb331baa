import path from 'node:path';
import type { Log } from '../../core/log.ts';
import type { Clock, Ports } from '../../core/ports.ts';
import { sqliteApprovals } from './approvals.ts';
import { fileArtifacts } from './artifacts.ts';
import { type Bus, sqliteBus } from './bus.ts';
import { sqliteEphemerals } from './ephemerals.ts';
import { localKeys } from './keys.ts';
import { sqliteLocks } from './locks.ts';
import { createOutbox, type Outbox, type Sink } from './outbox.ts';
import { sqliteRuns, sqliteStatus } from './runs.ts';
import { type LocalSchedules, sqliteSchedules } from './schedules.ts';
import { folderSecrets, type Secrets } from './secrets.ts';
import { sqliteSent } from './sent.ts';
import type { Db } from './sqlite.ts';

interface LocalStores
  extends Pick<
    Ports,
    'artifacts' | 'runs' | 'status' | 'locks' | 'approvals' | 'sent' | 'keys' | 'ephemerals'
  > {
  bus: Bus;
  outbox: Outbox;
  schedules: LocalSchedules;
  secrets: Secrets;
}

/** Everything that one machine stores: `dir` holds `artifacts/`, `master.key` and `secrets.yaml`. */
export function localStores(options: {
  db: Db;
  dir: string;
  sinks: Record<string, Sink>;
  clock: Clock;
  log: Log;
}): LocalStores {
  const { db, dir, sinks, clock, log } = options;
  const outbox = createOutbox({ db, sinks, clock, log });
  const bus = sqliteBus({ db, clock, log });

  return {
    artifacts: fileArtifacts(path.join(dir, 'artifacts')),
    runs: sqliteRuns(db),
    status: sqliteStatus(db, outbox),
    locks: sqliteLocks(db),
    approvals: sqliteApprovals(db),
    sent: sqliteSent(db),
    keys: localKeys(dir),
    ephemerals: sqliteEphemerals(db),
    schedules: sqliteSchedules({ db, bus, clock, log }),
    bus,
    outbox,
    secrets: folderSecrets(dir),
  };
}
