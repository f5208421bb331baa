import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { sqliteBus } from '../../../adapters/local/bus.ts';
import { openDatabase } from '../../../adapters/local/database.ts';
import type { Request } from '../../../core/requests/request.ts';
import { temporaryFolder } from './temporary.ts';

async function open(file: string) {
  const db = openDatabase(file);
  const bus = sqliteBus({
    db,
    clock: { now: () => new Date() },
    log: () => {},
    tuning: { backoff: () => 5, maxTries: 3 },
  });
  return { db, bus };
}

async function fresh() {
  const file = path.join(await temporaryFolder(), 'db');
  const opened = await open(file);
  onTestFinished(() => opened.db.close());
  return { file, ...opened };
}

function request(n: number): Request {
  return {
    command: 'deploy',
    repository: 'acme/shop',
    environment: 'prod',
    retry: false,
    origin: { source: 'api', login: 'alice', trigger: `key-${n}` },
  };
}

describe('the bus', () => {
  test('a key twice is one request, before and after it was handled', async () => {
    const { bus } = await fresh();
    const handled: string[] = [];
    const consumer = bus.consume(async (_, key) => {
      handled.push(key);
    });

    const answers = [await bus.publish(request(1), 'one'), await bus.publish(request(1), 'one')];
    await consumer.drained();
    answers.push(await bus.publish(request(1), 'one'));
    await consumer.drained();
    await consumer.stop();

    expect(answers).toEqual(['published', 'exists', 'exists']);
    expect(handled).toEqual(['one']);
  });

  test('a delivery is done once, with all that it asks for', async () => {
    const { bus } = await fresh();
    const published = [1, 2].map((n) => ({ request: request(n), key: `${n}` }));

    const answers = await Promise.all(
      Array.from({ length: 20 }, () => bus.claimDelivery('delivery', published)),
    );
    const ignored = await bus.claimDelivery('asks for nothing', []);

    const handled: Request[] = [];
    const consumer = bus.consume(async (one) => {
      handled.push(one);
    });
    await consumer.drained();
    await consumer.stop();
    expect(answers.filter((answer) => answer === 'claimed')).toHaveLength(1);
    expect(ignored).toBe('claimed');
    expect(handled).toEqual([request(1), request(2)]);
  });

  test('a delivery whose request could not be written is not done', async () => {
    const { bus, db } = await fresh();
    db.exec("create trigger full before insert on queue begin select raise(abort, 'no room'); end");

    await expect(bus.claimDelivery('delivery', [{ request: request(1), key: '1' }])).rejects.toThrow(
      'no room',
    );
    db.exec('drop trigger full');
    const again = await bus.claimDelivery('delivery', [{ request: request(1), key: '1' }]);

    const handled: string[] = [];
    const consumer = bus.consume(async (_, key) => {
      handled.push(key);
    });
    await consumer.drained();
    await consumer.stop();
    expect(again).toBe('claimed');
    expect(handled).toEqual(['1']);
  });

  test('a request that fails is tried again, then kept among the dead; the others go on', async () => {
    const { bus } = await fresh();
    const tries: string[] = [];
    const consumer = bus.consume(async (_, key) => {
      tries.push(key);
      if (key === 'bad') throw new Error('no');
    });

    await bus.publish(request(1), 'bad');
    await bus.publish(request(2), 'good');
    await consumer.drained();
    await consumer.stop();

    expect(tries.filter((key) => key === 'bad')).toHaveLength(3);
    expect(tries.filter((key) => key === 'good')).toHaveLength(1);
    expect(bus.dead()).toMatchObject([{ key: 'bad', tries: 3, error: 'Error: no' }]);
  });

  test('requests survive a restart, and one in hand is handed over again', async () => {
    const { file, bus, db } = await fresh();
    await bus.publish(request(1), '1');
    await bus.publish(request(2), '2');
    let reached: () => void = () => {};
    const inHand = new Promise<void>((resolve) => {
      reached = resolve;
    });
    bus.consume(async () => {
      reached();
      await new Promise(() => {});
    });
    await inHand;
    db.close();

    const second = await open(file);
    onTestFinished(() => second.db.close());
    const handled: string[] = [];
    const consumer = second.bus.consume(async (_, key) => {
      handled.push(key);
    });
    await consumer.drained();
    await consumer.stop();

    expect(handled.sort()).toEqual(['1', '2']);
    expect(await second.bus.publish(request(1), '1')).toBe('exists');
  });

  test('2,000 requests are handled, each once', async () => {
    const { bus, db } = await fresh();
    const counts = new Map<string, number>();
    db.exec('pragma synchronous = off');

    for (let n = 0; n < 2_000; n += 1) await bus.publish(request(n), `${n % 1_000}`);
    const consumer = bus.consume(async (_, key) => {
      counts.set(key, (counts.get(key) ?? 0) + 1);
    });
    await consumer.drained();
    await consumer.stop();

    expect(counts.size).toBe(1_000);
    expect(new Set(counts.values())).toEqual(new Set([1]));
  });
});
