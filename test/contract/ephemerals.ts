import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Ephemeral } from '../../core/ephemeral/environment.ts';
import type { Ephemerals } from '../../core/ports.ts';
import { type Make, use } from './make.ts';

const REPOSITORY = 'acme/shop';

export function testEphemerals(make: Make<Ephemerals>): void {
  describe('ephemerals', () => {
    test('a claim makes one; its own run again changes nothing, another run is told that it exists', async () => {
      const { store } = await use(make);

      const answers = [
        await store.claim(one('eph-a', 'run 1'), 2),
        await store.claim({ ...one('eph-a', 'run 1'), ref: 'another' }, 2),
        await store.claim(one('eph-a', 'run 2'), 2),
      ];

      expect(answers).toEqual(['claimed', 'claimed', 'exists']);
      expect(await store.get(REPOSITORY, 'eph-a')).toEqual({ ...one('eph-a', 'run 1'), version: 1 });
      expect(await store.get(REPOSITORY, 'eph-b')).toBeNull();
    });

    test('there are never more than the limit, each repository for itself', async () => {
      const { store } = await use(make);
      await store.claim(one('eph-a', 'run a'), 2);
      await store.claim(one('eph-b', 'run b'), 2);

      const third = await store.claim(one('eph-c', 'run c'), 2);
      const known = await store.claim(one('eph-b', 'run x'), 2);
      const other = await store.claim({ ...one('eph-c', 'run d'), repository: 'acme/other' }, 2);
      await store.remove({ repository: REPOSITORY, environment: 'eph-a', version: 1 });
      const room = await store.claim(one('eph-c', 'run c'), 2);
      const none = await store.claim(one('eph-d', 'run e'), 0);

      expect([third, known, other, room, none]).toEqual(['full', 'exists', 'claimed', 'claimed', 'full']);
      expect(await names(store)).toEqual(['eph-b', 'eph-c']);
      expect((await store.list('acme/other')).map(({ environment }) => environment)).toEqual(['eph-c']);
    });

    test('an update is written if it knows the newest version', async () => {
      const { store } = await use(make);
      await store.claim(one('eph-a', 'run 1'), 2);
      const read = { ...one('eph-a', 'run 1'), version: 1 };

      const first = await store.update({ ...read, state: 'ready', outputs: { 'web.url': 'http://a' } });
      const stale = await store.update({ ...read, state: 'leaked' });
      const next = await store.update({ ...read, state: 'destroying', version: 2 });
      const nobody = await store.update({ ...read, environment: 'eph-b' });

      expect([first, stale, next, nobody]).toEqual([true, false, true, false]);
      expect(await store.get(REPOSITORY, 'eph-a')).toMatchObject({ state: 'destroying', version: 3 });
      expect(await names(store)).toEqual(['eph-a']);
    });

    test('the run that changed it last may claim it again, the one before no more', async () => {
      const { store } = await use(make);
      await store.claim(one('eph-a', 'run 1'), 1);
      await store.update({ ...one('eph-a', 'run 2'), state: 'ready', version: 1 });

      const answers = [
        await store.claim(one('eph-a', 'run 1'), 1),
        await store.claim(one('eph-a', 'run 2'), 1),
      ];

      expect(answers).toEqual(['exists', 'claimed']);
      expect(await store.get(REPOSITORY, 'eph-a')).toMatchObject({ state: 'ready', version: 2 });
    });

    test('a removal compares the version too; one that is gone may be made anew', async () => {
      const { store } = await use(make);
      await store.claim(one('eph-a', 'run 1'), 1);
      await store.update({ ...one('eph-a', 'run 1'), version: 1 });
      const at = { repository: REPOSITORY, environment: 'eph-a' };

      const answers = [
        await store.remove({ ...at, version: 1 }),
        await store.remove({ ...at, version: 2 }),
        await store.remove({ ...at, version: 2 }),
      ];

      expect(answers).toEqual([false, true, false]);
      expect(await store.get(REPOSITORY, 'eph-a')).toBeNull();
      expect(await store.claim(one('eph-a', 'run 2'), 1)).toBe('claimed');
      expect(await store.get(REPOSITORY, 'eph-a')).toMatchObject({ version: 1, runId: 'run 2' });
    });

    test('20 that race for 7 places: 7 get one', async () => {
      const { store } = await use(make);
      const runs = Array.from({ length: 20 }, (_, n) => n);

      const answers = await Promise.all(runs.map((n) => store.claim(one(`eph-${n}`, `run ${n}`), 7)));

      const claimed = runs.filter((n) => answers[n] === 'claimed').map((n) => `eph-${n}`);
      expect(claimed).toHaveLength(7);
      expect(answers.filter((answer) => answer === 'full')).toHaveLength(13);
      expect(await names(store)).toEqual(claimed.sort());
    });

    test('10 that race for one name: one has it, and it takes one place', async () => {
      const { store } = await use(make);
      const runs = Array.from({ length: 10 }, (_, n) => `run ${n}`);

      const answers = await Promise.all(runs.map((run) => store.claim(one('eph-a', run), 2)));

      expect(answers.filter((answer) => answer === 'claimed')).toHaveLength(1);
      expect(answers.filter((answer) => answer === 'exists')).toHaveLength(9);
      expect((await store.get(REPOSITORY, 'eph-a'))?.runId).toBe(runs[answers.indexOf('claimed')]);
      expect(await store.claim(one('eph-b', 'run b'), 2)).toBe('claimed');
    });

    test('whoever comes and goes at the same time, there is never one too many and never a place lost', async () => {
      const { store } = await use(make);
      let places = 0;

      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 3 }),
          fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 2, maxLength: 12 }),
          async (most, wanted) => {
            const repository = `acme/shop${++places}`;
            let held = 0;
            let worst = 0;
            const visit = async (name: string, n: number) => {
              const mine = { ...one(`eph-${name}`, `run ${n}`), repository };
              if ((await store.claim(mine, most)) !== 'claimed') return;
              held++;
              worst = Math.max(worst, held);
              if (n % 3 === 0) await store.list(repository);
              // From here on somebody else may have it.
              held--;
              await store.remove({ ...mine, version: 1 });
            };
            await Promise.all(wanted.map(visit));
            await store.list(repository);

            const again = await Promise.all(
              [0, 1, 2, 3].map((n) => store.claim({ ...one(`eph-z${n}`, `last ${n}`), repository }, most)),
            );

            expect(worst).toBeLessThanOrEqual(most);
            expect(again.filter((answer) => answer === 'claimed')).toHaveLength(most);
          },
        ),
        { numRuns: 8 },
      );
    });

    test('one of 300 projects is kept with all that its end needs', async () => {
      const { store } = await use(make);
      const names = Array.from({ length: 300 }, (_, n) => `services/team-${n}/cluster-of-some-length`);
      const applied = Object.fromEntries(names.map((name) => [name, anApplied(name)]));
      const large = { ...one('eph-a', 'run 1'), applied };

      await store.claim(large, 2);
      await store.update({ ...large, version: 1, state: 'ready' });

      expect(await store.get(REPOSITORY, 'eph-a')).toEqual({ ...large, version: 2, state: 'ready' });
      expect(await store.list(REPOSITORY)).toHaveLength(1);
    });

    test('all is there after a restart', async () => {
      const { store, reopen } = await use(make);
      await store.claim(one('eph-b', 'run b'), 2);
      await store.claim(one('eph-a', 'run a'), 2);

      const again = await reopen();

      expect(await again.list(REPOSITORY)).toEqual([
        { ...one('eph-a', 'run a'), version: 1 },
        { ...one('eph-b', 'run b'), version: 1 },
      ]);
      expect(await again.claim(one('eph-c', 'run c'), 2)).toBe('full');
    });
  });
}

export function one(environment: string, runId: string): Omit<Ephemeral, 'version'> {
  return {
    repository: REPOSITORY,
    environment,
    state: 'launching',
    ref: 'main',
    commit: '1'.repeat(40),
    pull: null,
    automatic: false,
    owner: 'alice',
    email: null,
    createdAt: '2026-01-01T00:00:00.000Z',
    startedAt: '2026-01-01T00:00:00.000Z',
    endsAt: '2026-01-01T08:00:00.000Z',
    projects: null,
    applied: {},
    outputs: {},
    left: {},
    runId,
  };
}

/** Of about 1.5 kB: variables and outputs of a build are handed to each. */
function anApplied(name: string): Ephemeral['applied'][string] {
  return {
    project: {
      name,
      dir: name,
      workspace: 'eph-a',
      dependsOn: [],
      whenModified: [],
      variables: { size: 'small', region: 'eu-central-1', tags: 'x'.repeat(400) },
      secrets: {},
      size: 'standard',
    },
    commit: '1'.repeat(40),
    state: 'own',
    address: null,
    backendConfig: {},
    content: createHash('sha256').update(name).digest('hex'),
    buildOutputs: { image: `registry.example.com/${'y'.repeat(500)}` },
  };
}

async function names(store: Ephemerals): Promise<string[]> {
  return (await store.list(REPOSITORY)).map(({ environment }) => environment);
}
