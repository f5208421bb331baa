import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe } from 'vitest';
import { sqliteApprovals } from '../../adapters/local/approvals.ts';
import { fileArtifacts } from '../../adapters/local/artifacts.ts';
import { openDatabase } from '../../adapters/local/database.ts';
import { localKeys } from '../../adapters/local/keys.ts';
import { sqliteLocks } from '../../adapters/local/locks.ts';
import { sqliteRuns, sqliteStatus } from '../../adapters/local/runs.ts';
import { sqliteSent } from '../../adapters/local/sent.ts';
import type { Db } from '../../adapters/local/sqlite.ts';
import { testApprovals } from './approvals.ts';
import { testArtifacts } from './artifacts.ts';
import { testKeys } from './keys.ts';
import { testLocks } from './locks.ts';
import type { Make } from './make.ts';
import { testRuns } from './runs.ts';
import { testSent } from './sent.ts';

describe('on one machine', () => {
  testArtifacts(inFolder((dir) => fileArtifacts(path.join(dir, 'artifacts'))));
  testKeys(inFolder((dir) => localKeys(dir)));
  testLocks(inDatabase(sqliteLocks));
  testApprovals(inDatabase(sqliteApprovals));
  testSent(inDatabase(sqliteSent));
  testRuns(inDatabase((db) => ({ runs: sqliteRuns(db), status: sqliteStatus(db, { put() {}, wake() {} }) })));
});

function inFolder<Store>(open: (dir: string) => Store): Make<Store> {
  return async () => {
    const dir = await mkdtemp(path.join(os.tmpdir(), 'cairn-contract-'));
    return {
      store: open(dir),
      reopen: async () => open(dir),
      end: () => rm(dir, { recursive: true, force: true }),
    };
  };
}

/** A restart closes the database and opens it again: what a store keeps in memory is gone. */
function inDatabase<Store>(open: (db: Db) => Store): Make<Store> {
  return async () => {
    const dir = await mkdtemp(path.join(os.tmpdir(), 'cairn-contract-'));
    let db = openDatabase(path.join(dir, 'cairn.db'));
    return {
      store: open(db),
      reopen: async () => {
        db.close();
        db = openDatabase(path.join(dir, 'cairn.db'));
        return open(db);
      },
      end: async () => {
        db.close();
        await rm(dir, { recursive: true, force: true });
      },
    };
  };
}
