import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../../adapters/local/database.ts';
import { createOutbox, type Sink } from '../../../adapters/local/outbox.ts';
import { sqliteRuns, sqliteStatus } from '../../../adapters/local/runs.ts';
import type { StatusEvent } from '../../../core/reports/event.ts';
import { temporaryFolder } from './temporary.ts';

const clock = { now: () => new Date() };

const tuning = { backoff: () => 5, maxTries: 4 };

async function open(file: string, sinks: Record<string, Sink>, options: { timeout?: number } = {}) {
  const db = openDatabase(file);
  const lines: string[] = [];
  const log = (_level: string, message: string) => lines.push(message);
  const outbox = createOutbox({ db, sinks, clock, log, tuning: { ...tuning, ...options } });
  const status = sqliteStatus(db, outbox);
  const close = async () => {
    await outbox.stop();
    db.close();
  };
  onTestFinished(close);
  return { db, outbox, status, runs: sqliteRuns(db), lines, close };
}

function event(runId: string, n: number): Omit<StatusEvent, 'seq'> {
  return {
    id: `${n}`,
    runId,
    at: '2026-01-01T00:00:00.000Z',
    kind: 'plan.finished',
    message: `${runId} ${n}`,
    doc: null,
    run: {},
  };
}

describe('the outbox', () => {
  test('hands each event to each sink, in order within a run', async () => {
    const heard: Record<string, string[]> = { a: [], b: [] };
    const sink = async (told: StatusEvent) => {
      await new Promise((resolve) => setTimeout(resolve, (told.seq * 7) % 5));
      heard[told.runId]?.push(`${told.seq} ${told.message}`);
    };
    const { outbox, status } = await open(path.join(await temporaryFolder(), 'db'), { one: sink, two: sink });
    outbox.start();

    for (let n = 1; n <= 5; n += 1) for (const run of ['a', 'b']) await status.emit(event(run, n));
    await status.emit(event('a', 3));
    await outbox.drained();

    for (const run of ['a', 'b']) {
      const once = [1, 2, 3, 4, 5].map((n) => `${n} ${run} ${n}`);
      expect([...(heard[run] ?? [])].sort()).toEqual([...once, ...once].sort());
    }
  });

  test('an event that failed is tried again before the next of its run', async () => {
    const heard: string[] = [];
    let failures = 2;
    const sink = async (told: StatusEvent) => {
      heard.push(told.message);
      if (told.message === 'a 1' && failures-- > 0) throw new Error('busy');
    };
    const { outbox, status } = await open(path.join(await temporaryFolder(), 'db'), { sink });
    outbox.start();

    await status.emit(event('a', 1));
    await status.emit(event('a', 2));
    await outbox.drained();

    expect(heard).toEqual(['a 1', 'a 1', 'a 1', 'a 2']);
  });

  test('one sink that is down holds up neither the other sink nor, once given up, its own next events', async () => {
    const slack: string[] = [];
    const github: string[] = [];
    const { outbox, status, lines } = await open(path.join(await temporaryFolder(), 'db'), {
      github: async (told) => {
        github.push(told.message);
      },
      slack: async (told) => {
        slack.push(told.message);
        if (told.message === 'a 1') throw new Error('channel_not_found');
      },
    });
    outbox.start();

    await status.emit(event('a', 1));
    await status.emit(event('a', 2));
    await outbox.drained();

    expect(github).toEqual(['a 1', 'a 2']);
    expect(slack).toEqual(['a 1', 'a 1', 'a 1', 'a 1', 'a 2']);
    expect(outbox.dead('github')).toEqual([]);
    expect(outbox.dead('slack')).toMatchObject([{ tries: 4, error: 'Error: channel_not_found' }]);
    expect(lines.filter((line) => line.includes('given up'))).toHaveLength(1);
  });

  test('a dead letter can be tried again', async () => {
    let down = true;
    const heard: string[] = [];
    const sink = async (told: StatusEvent) => {
      if (down) throw new Error('down');
      heard.push(told.message);
    };
    const { outbox, status } = await open(path.join(await temporaryFolder(), 'db'), { sink });
    outbox.start();
    await status.emit(event('a', 1));
    await outbox.drained();
    down = false;

    const id = outbox.dead('sink')[0]?.id ?? -1;
    const revived = [outbox.revive(id), outbox.revive(id)];
    await outbox.drained();

    expect(revived).toEqual([true, false]);
    expect(heard).toEqual(['a 1']);
    expect(outbox.dead('sink')).toEqual([]);
  });

  test('what was not delivered when the server ended is delivered by the next', async () => {
    const file = path.join(await temporaryFolder(), 'db');
    const first = await open(file, { sink: async () => {} });
    await first.status.emit(event('a', 1));
    await first.status.emit(event('a', 2));
    await first.close();
    const heard: string[] = [];

    const second = await open(file, {
      sink: async (told) => {
        heard.push(told.message);
      },
    });
    second.outbox.start();
    await second.outbox.drained();

    expect(heard).toEqual(['a 1', 'a 2']);
  });

  test('a sink that never answers has failed after its time', async () => {
    const { outbox, status } = await open(
      path.join(await temporaryFolder(), 'db'),
      { sink: () => new Promise(() => {}) },
      { timeout: 5 },
    );
    outbox.start();

    await status.emit(event('a', 1));
    await outbox.drained();

    expect(outbox.dead('sink')[0]?.error).toContain('took longer');
  });

  test('a sink never hears of an event whose transaction was taken back', async () => {
    const heard: string[] = [];
    const { db, outbox, status, runs } = await open(path.join(await temporaryFolder(), 'db'), {
      sink: async (told) => {
        heard.push(told.message);
      },
    });
    outbox.start();

    expect(() =>
      db.transaction(() => {
        void status.emit(event('a', 1));
        throw new Error('taken back');
      }),
    ).toThrow('taken back');
    await status.emit(event('a', 2));
    await outbox.drained();

    expect(heard).toEqual(['a 2']);
    expect((await runs.events('a')).map((one) => [one.seq, one.id])).toEqual([[1, '2']]);
  });
});
