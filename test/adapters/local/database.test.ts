import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../../adapters/local/database.ts';

let folder: string;
let db: Database;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cairn-database-'));
  db = openDatabase(join(folder, 'test.db'));
  db.exec('CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)');
});

afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true, force: true });
});

test('rows are as they were stored, nothing added', () => {
  const inserted = db.prepare('INSERT INTO notes (text) VALUES (?)').run(null);

  expect(inserted).toEqual({ changes: 1, lastInsertRowid: 1 });
  expect(db.prepare('SELECT * FROM notes WHERE id = ?').get(1)).toEqual({ id: 1, text: null });
  expect(db.prepare('SELECT * FROM notes').all()).toEqual([{ id: 1, text: null }]);
  expect(db.prepare('SELECT * FROM notes WHERE id = ?').get(2)).toBeUndefined();
});

test('a transaction that throws leaves nothing', () => {
  const insert = db.prepare('INSERT INTO notes (text) VALUES (?)');

  const work = () =>
    db.transaction(() => {
      insert.run('a');
      db.transaction(() => insert.run('b'));
      throw new Error('no');
    });

  expect(work).toThrow('no');
  expect(db.inTransaction).toBe(false);
  expect(db.prepare('SELECT * FROM notes').all()).toEqual([]);
});

test('a transaction does not take work that goes on later', () => {
  expect(() => db.transaction(async () => {})).toThrow(/synchronous/);
  expect(db.inTransaction).toBe(false);
});

test('a commit is on the disk when it returns', () => {
  expect(db.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 });
  expect(db.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
});

test('two connections see what the other has committed', () => {
  const other = openDatabase(db.file);

  db.prepare('INSERT INTO notes (text) VALUES (?)').run('a');

  expect(other.prepare('SELECT text FROM notes').all()).toEqual([{ text: 'a' }]);
  other.close();
});

test('what comes after its end is an error, not the end of the process', () => {
  db.close();

  expect(() => db.prepare('SELECT 1')).toThrow('connection is not open');
  expect(() => db.exec('SELECT 1')).toThrow('connection is not open');
  expect(() => db.transaction(() => 1)).toThrow('connection is not open');
  expect(db.inTransaction).toBe(false);
});
