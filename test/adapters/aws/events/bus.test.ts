import { afterEach, describe, expect, test } from 'vitest';
import { awsClients } from '../../../../adapters/aws/clients/clients.ts';
import { eventBus, type Published } from '../../../../adapters/aws/events/bus.ts';
import { InvalidInput, Misconfigured, Unavailable } from '../../../../core/errors.ts';
import { CREDENTIALS } from '../../../support/aws/moto.ts';
import { startStub } from '../../../support/aws/stub.ts';

Object.assign(process.env, CREDENTIALS);

interface Entry {
  EventBusName: string;
  Source: string;
  DetailType: string;
  Detail: string;
  /** Error code that it is answered with. */
  error?: string;
}

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(ends.splice(0).map((end) => end()));
});

/** A bus that answers each entry with what `refuse` says of it: an error's code, or nothing. */
async function busThat(refuse: (key: string, call: number) => string | undefined) {
  let calls = 0;
  const stub = await startStub(({ body }) => {
    calls++;
    const Entries = (JSON.parse(body) as { Entries: Entry[] }).Entries.map(({ Detail }) => {
      const ErrorCode = refuse((JSON.parse(Detail) as { key: string }).key, calls);
      return ErrorCode === undefined ? { EventId: 'e' } : { ErrorCode, ErrorMessage: 'no' };
    });
    const FailedEntryCount = Entries.filter((entry) => 'ErrorCode' in entry).length;
    return { status: 200, body: { FailedEntryCount, Entries } };
  });
  ends.push(stub.close);
  const bus = eventBus(awsClients({ endpoint: stub.endpoint }).events, 'cairn');
  const batches = () => stub.asked.map(({ body }) => (JSON.parse(body) as { Entries: Entry[] }).Entries);
  const keys = () => batches().map((entries) => entries.map(({ Detail }) => JSON.parse(Detail).key));
  return { bus, batches, keys };
}

describe('the event bus', () => {
  test('a request is an event of its command, with its key', async () => {
    const { bus, batches } = await busThat(() => undefined);

    await bus.publish([help('a')]);

    expect(batches()).toEqual([
      [
        {
          EventBusName: 'cairn',
          Source: 'cairn.requests',
          DetailType: 'help',
          Detail: JSON.stringify(help('a')),
        },
      ],
    ]);
  });

  test('what does not fit into one call is put by several, in order', async () => {
    const { bus, keys } = await busThat(() => undefined);
    const names = Array.from({ length: 23 }, (_, n) => `key ${n}`);

    await bus.publish(names.map((name) => help(name)));
    await bus.publish(['a', 'b', 'c'].map((name) => help(name, 100_000)));
    await bus.publish([]);

    expect(keys()).toEqual([names.slice(0, 10), names.slice(10, 20), names.slice(20), ['a', 'b'], ['c']]);
  });

  test('one that is too large is said, and nothing is put', async () => {
    const { bus, keys } = await busThat(() => undefined);

    await expect(bus.publish([help('a'), help('b', 300_000)])).rejects.toBeInstanceOf(InvalidInput);
    expect(keys()).toEqual([]);
  });

  test('of what was refused for a while, that alone is put again', async () => {
    const { bus, keys } = await busThat((key, call) =>
      key === 'b' && call < 3 ? 'ThrottlingException' : undefined,
    );

    await bus.publish(['a', 'b', 'c'].map((name) => help(name)));

    expect(keys()).toEqual([['a', 'b', 'c'], ['b'], ['b']]);
  });

  test('a bus that is busy for long is Unavailable', async () => {
    const { bus, keys } = await busThat(() => 'InternalFailure');

    await expect(bus.publish([help('a')])).rejects.toBeInstanceOf(Unavailable);
    expect(keys()).toHaveLength(5);
  });

  test('a bus that may not be written to is the operator’s to mend', async () => {
    const { bus, keys } = await busThat(() => 'NotAuthorizedForSourceException');

    await expect(bus.publish([help('a')])).rejects.toBeInstanceOf(Misconfigured);
    expect(keys()).toHaveLength(1);
  });
});

function help(key: string, length = 10): Published {
  return {
    request: {
      command: 'help',
      repository: 'acme/shop',
      pull: 7,
      text: 'x'.repeat(length),
      origin: { source: 'comment', login: 'alice', trigger: key },
    },
    key,
  };
}
