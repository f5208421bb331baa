import { expect, test } from 'vitest';
import { ForgeRefused, NotFound, Unavailable } from '../../../../core/errors.ts';
import { fetchMissedWebhooks } from '../../../../core/steps/requests/fetch-missed-webhooks.ts';
import { type MemoryPorts, memoryPorts } from '../../../support/fakes/index.ts';

const REPOSITORY = 'acme/shop';

test('what did not come is asked for, oldest first, and once an hour until it comes', async () => {
  const ports = memoryPorts();
  ports.clock.pass(4 * 86_400);
  miss(ports, 'new', 10);
  miss(ports, 'old', 4000);
  miss(ports, 'too old', 3 * 86_400 + 1);

  const first = await fetch(ports);
  ports.clock.pass(300);
  const soon = await fetch(ports);
  ports.clock.pass(3300);
  ports.redelivery.missed.splice(0, 1);
  const hourLater = await fetch(ports);

  expect(first).toEqual({ failed: 2, asked: 2, gone: 0, stale: 0, refused: [] });
  expect(soon).toEqual({ failed: 1, asked: 0, gone: 0, stale: 0, refused: [] });
  expect(hourLater).toEqual({ failed: 1, asked: 1, gone: 0, stale: 0, refused: [] });
  expect(ports.redelivery.asked).toEqual(['attempt of old', 'attempt of new', 'attempt of old']);
});

test('an attempt that failed again is another attempt of the same delivery', async () => {
  const ports = memoryPorts();
  ports.clock.pass(86_400);
  miss(ports, 'a', 600);
  await fetch(ports);

  ports.redelivery.missed.splice(0, 1, { ...ports.redelivery.missed[0]!, id: 'second attempt' });
  ports.clock.pass(600);
  const soon = await fetch(ports);
  ports.clock.pass(3600);
  await fetch(ports);

  expect(soon).toMatchObject({ failed: 1, asked: 0 });
  expect(ports.redelivery.asked).toEqual(['attempt of a', 'second attempt']);
});

test('of many a hundred in a turn, the rest in the next', async () => {
  const ports = memoryPorts();
  ports.clock.pass(86_400);
  for (let n = 0; n < 250; n++) miss(ports, `d${n}`, 1000 + n);

  const turns = [await fetch(ports), await fetch(ports), await fetch(ports), await fetch(ports)];

  expect(turns.map(({ asked }) => asked)).toEqual([100, 100, 50, 0]);
  expect(new Set(ports.redelivery.asked).size).toBe(250);
  expect(ports.redelivery.asked[0]).toBe('attempt of d249');
});

test('all that the forge remembers is looked at once an hour, in between what came since', async () => {
  const ports = memoryPorts();
  ports.clock.pass(10 * 86_400);
  const looks: number[] = [];
  const { failed } = ports.redelivery;
  ports.redelivery.failed = (repository, since) => {
    looks.push((ports.clock.now().getTime() - since.getTime()) / 60_000);
    return failed(repository, since);
  };

  for (let turn = 0; turn < 14; turn++) {
    await fetch(ports);
    ports.clock.pass(300);
  }

  const between = Array.from({ length: 11 }, (_, index) => 15 + 5 * (index + 1));
  expect(looks).toEqual([4320, ...between, 4320, 20]);
});

test('what came late to the list, or while nobody looked, is found by the next look', async () => {
  const ports = memoryPorts();
  ports.clock.pass(86_400);
  await fetch(ports);
  miss(ports, 'listed late', 30);
  ports.clock.pass(300);

  expect(await fetch(ports)).toMatchObject({ failed: 1, asked: 1 });
  ports.clock.pass(40 * 60);
  miss(ports, 'in the outage', 39 * 60);
  expect(await fetch(ports)).toMatchObject({ asked: 1 });
});

test('a comment of yesterday is not acted upon today, which is said once', async () => {
  const ports = memoryPorts();
  ports.clock.pass(86_400);
  miss(ports, 'yesterday', 15 * 3600, 'issue_comment');
  miss(ports, 'just now', 600, 'issue_comment');
  miss(ports, 'a push', 15 * 3600);

  const first = await fetch(ports);
  ports.clock.pass(3600);
  const later = await fetch(ports);

  expect(first).toMatchObject({ asked: 2, stale: 1 });
  expect(later).toMatchObject({ asked: 2, stale: 0 });
  expect(new Set(ports.redelivery.asked)).toEqual(new Set(['attempt of a push', 'attempt of just now']));
});

test('one that the forge has no more is not asked for all the time, and holds up no other', async () => {
  const ports = memoryPorts();
  ports.clock.pass(86_400);
  miss(ports, 'gone', 2000);
  miss(ports, 'there', 1000);
  const { again } = ports.redelivery;
  ports.redelivery.again = async (repository, id) => {
    if (id === 'attempt of gone') throw new NotFound('no such delivery');
    await again(repository, id);
  };

  const turns = [await fetch(ports), await fetch(ports)];

  expect(turns[0]).toEqual({ failed: 2, asked: 1, gone: 1, stale: 0, refused: [] });
  expect(turns[1]).toEqual({ failed: 0, asked: 0, gone: 0, stale: 0, refused: [] });
});

test('a repository whose deliveries may not be seen is named, the others are looked at', async () => {
  const ports = memoryPorts();
  ports.clock.pass(86_400);
  miss(ports, 'a', 100);
  const { failed } = ports.redelivery;
  ports.redelivery.failed = async (repository, since) => {
    if (repository === 'acme/secret') throw new ForgeRefused('Webhooks: write');
    if (repository === 'acme/hidden') throw new NotFound('no hooks');
    return failed(repository, since);
  };

  const answer = await fetch(ports, ['acme/secret', 'acme/hidden', REPOSITORY]);

  expect(answer).toEqual({ failed: 1, asked: 1, gone: 0, stale: 0, refused: ['acme/secret', 'acme/hidden'] });
});

test('a repository whose deliveries may be seen and not asked for is named, and holds up no other', async () => {
  const ports = memoryPorts();
  ports.clock.pass(86_400);
  miss(ports, 'secret', 300);
  miss(ports, 'there', 100);
  const { again, failed } = ports.redelivery;
  ports.redelivery.failed = async (repository, since) =>
    (await failed(REPOSITORY, since)).filter(
      ({ guid }) => guid.includes('secret') === (repository !== REPOSITORY),
    );
  ports.redelivery.again = async (repository, id) => {
    if (repository !== REPOSITORY) throw new ForgeRefused('Webhooks: write');
    await again(repository, id);
  };

  const answer = await fetch(ports, ['acme/secret', REPOSITORY]);

  expect(answer).toEqual({ failed: 2, asked: 1, gone: 0, stale: 0, refused: ['acme/secret'] });
});

test('a forge that does not answer is asked again by the next turn', async () => {
  const ports = memoryPorts();
  ports.clock.pass(86_400);
  miss(ports, 'a', 100);
  const { again } = ports.redelivery;
  ports.redelivery.again = async () => {
    throw new Unavailable('down');
  };
  await expect(fetch(ports)).rejects.toThrow(Unavailable);

  ports.redelivery.again = again;

  expect(await fetch(ports)).toMatchObject({ failed: 1, asked: 1 });
});

function miss(ports: MemoryPorts, guid: string, secondsAgo: number, event = 'push'): void {
  const at = new Date(ports.clock.now().getTime() - secondsAgo * 1000).toISOString();
  ports.redelivery.missed.push({ id: `attempt of ${guid}`, guid, event, at });
}

function fetch(ports: MemoryPorts, repositories = [REPOSITORY]) {
  return fetchMissedWebhooks.run({ repositories }, ports);
}
