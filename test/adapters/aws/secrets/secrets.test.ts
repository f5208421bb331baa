import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { fromSecret } from '../../../../adapters/aws/secrets/from-secret.ts';
import { masterKeys } from '../../../../adapters/aws/secrets/keys.ts';
import { cachedSecrets } from '../../../../adapters/aws/secrets/secrets.ts';
import { ForgeRefused, Misconfigured, Unavailable } from '../../../../core/errors.ts';
import { fakeClock } from '../../../support/fakes/clock.ts';

/** A store of secrets that counts how often it is read. */
function store(values: Record<string, string | Error>) {
  const clock = fakeClock();
  const reads: string[] = [];
  const read = async (reference: string): Promise<string> => {
    reads.push(reference);
    const value = values[reference] ?? new Error('none');
    if (value instanceof Error) throw value;
    return value;
  };
  return { values, clock, reads, secrets: cachedSecrets(read, clock) };
}

describe('secrets', () => {
  test('a value is read once in five minutes, also by many at once', async () => {
    const { secrets, clock, reads } = store({ a: 'one', b: 'two' });

    const first = await Promise.all(['a', 'a', 'b'].map((name) => secrets.get(name)));
    clock.pass(299);
    await secrets.get('a');
    const before = [...reads];
    clock.pass(2);
    await secrets.get('a');

    expect(first).toEqual(['one', 'one', 'two']);
    expect(before).toEqual(['a', 'b']);
    expect(reads).toEqual(['a', 'b', 'a']);
  });

  test('a failure is not kept', async () => {
    const { secrets, values } = store({ a: new Unavailable('busy') });

    await expect(secrets.get('a')).rejects.toBeInstanceOf(Unavailable);
    values['a'] = 'there';

    expect(await secrets.get('a')).toBe('there');
  });

  test('one that was changed is read after it was forgotten', async () => {
    const { secrets, values } = store({ a: 'old' });
    await secrets.get('a');
    values['a'] = 'new';

    const kept = await secrets.get('a');
    secrets.forget('a');

    expect([kept, await secrets.get('a')]).toEqual(['old', 'new']);
  });
});

describe('what is made of a secret', () => {
  const schema = z.object({ token: z.string().min(1) });

  function client(values: Record<string, string>) {
    const made: string[] = [];
    const stored = store(values);
    const use = fromSecret({
      secrets: stored.secrets,
      reference: 'forge',
      schema,
      make: async ({ token }) => {
        made.push(token);
        return { token };
      },
    });
    return { ...stored, ...use, made };
  }

  const only = (good: string) => async (made: { token: string }) => {
    if (made.token !== good) throw new ForgeRefused('Bad credentials');
    return made.token;
  };

  test('is made once, until the secret is another', async () => {
    const { use, made, values, clock } = client({ forge: '{"token":"one"}' });

    await Promise.all([use(only('one')), use(only('one'))]);
    values['forge'] = '{"token":"two"}';
    clock.pass(301);
    await use(only('two'));

    expect(made).toEqual(['one', 'two']);
  });

  test('a refusal is believed only once the secret was read again', async () => {
    const { use, values, reads } = client({ forge: '{"token":"one"}' });
    await use(only('one'));
    values['forge'] = '{"token":"two"}';

    const rotated = await use(only('two'));
    const refused = use(only('three'));

    await expect(refused).rejects.toBeInstanceOf(ForgeRefused);
    expect(rotated).toBe('two');
    expect(reads).toHaveLength(3);
  });

  test('what went wrong otherwise is not tried again', async () => {
    const { use, reads } = client({ forge: '{"token":"one"}' });
    let calls = 0;

    const failed = use(async () => {
      calls++;
      throw new Unavailable('down');
    });

    await expect(failed).rejects.toBeInstanceOf(Unavailable);
    expect([calls, reads.length]).toEqual([1, 1]);
  });

  test.each(['{"secretword":1}', 'secretword', '{"token":""}'])(
    'a secret of another shape is said without what it holds: %s',
    async (text) => {
      const { use } = client({ forge: text });

      const error = await use(only('one')).catch((reason: unknown) => reason);

      expect(error).toBeInstanceOf(Misconfigured);
      expect((error as Error).message).toContain('forge');
      expect(`${(error as Error).stack} ${JSON.stringify(error)}`).not.toContain('secretword');
    },
  );
});

describe('the master key', () => {
  test('64 hexadecimal digits are 32 bytes: the same keys as of a machine’s master.key', async () => {
    const keys = masterKeys(async () => `${'ab'.repeat(32)}\n`);

    // printf 'cairn run key\nrun-1' | openssl dgst -sha256 -mac HMAC -macopt hexkey:abab…
    expect(await keys.runKey('run-1')).toBe(
      '028455bd6aadb1fbfb283ae85b6e61f38ec74215e376aa58edf0e80f7c51eac4',
    );
  });

  test('a long random text will do, a short one will not', async () => {
    const long = await masterKeys(async () => 'x'.repeat(43)).runKey('a');
    const short = masterKeys(async () => 'hunter2').runKey('a');

    expect(long).toMatch(/^[0-9a-f]{64}$/);
    await expect(short).rejects.toBeInstanceOf(Misconfigured);
    await expect(short).rejects.not.toThrow('hunter2');
  });
});
