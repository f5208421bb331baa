import { describe, expect, test } from 'vitest';
import { InvalidInput, Unavailable } from '../../../core/errors.ts';
import type { GitData } from '../../../core/ports.ts';
import type { RecordEntry } from '../../../core/record/entry.ts';
import { readHistory, readRecord } from '../../../core/record/read.ts';
import { writeRecord } from '../../../core/record/write.ts';
import { type MemoryRepository, memoryRepository } from '../../support/fakes/repository.ts';
import { entry, rolledBack } from './entries.ts';

const RECORD = 'refs/heads/cairn/record';

/** A repository with two commits of the user's, `first` and `second`. */
function shop() {
  const repository = memoryRepository();
  const first = repository.push('main', { 'network/main.tf': 'one' });
  const second = repository.push('main', { 'network/main.tf': 'two' });
  const at = (commit: string, change: Parameters<typeof entry>[0] = {}): RecordEntry =>
    entry({ ...change, commit, after: { commit, ...change.after } });
  return { repository, first, second, at };
}

function log(repository: MemoryRepository): string[] {
  const subjects: string[] = [];
  for (let at = repository.refs.get(RECORD); at !== undefined; at = repository.commits.get(at)?.parents[0]) {
    subjects.push(repository.commits.get(at)?.message.split('\n')[0] ?? '');
  }
  return subjects;
}

describe('the record in Git', () => {
  test('what was never deployed is null: no branch, or a branch without the environment', async () => {
    const { repository, second, at } = shop();

    const before = await readRecord(repository, repository.name, 'prod');
    await writeRecord(repository, repository.name, 'prod', () => at(second));

    expect(before).toBeNull();
    expect(await readRecord(repository, repository.name, 'stage')).toBeNull();
    expect(await readHistory(repository, repository.name, 'stage', 5)).toEqual([]);
  });

  test('what is written is read, on a branch of its own, with the good commit kept reachable', async () => {
    const { repository, second, at } = shop();

    const written = await writeRecord(repository, repository.name, 'prod', () => at(second));

    expect(await readRecord(repository, repository.name, 'prod')).toEqual(written);
    expect(repository.refs.get('refs/cairn/good/prod')).toBe(second);
    expect(repository.refs.get('refs/heads/main')).toBe(second);
    expect(repository.commits.get(repository.refs.get(RECORD) ?? '')?.parents).toEqual([]);
  });

  test('a run is written once, and what it left undone is made up for', async () => {
    const { repository, second, at } = shop();

    const once = await writeRecord(repository, repository.name, 'prod', () => at(second));
    repository.refs.delete('refs/cairn/good/prod');
    const twice = await writeRecord(repository, repository.name, 'prod', () => at(second));

    expect(twice).toEqual(once);
    expect(log(repository)).toHaveLength(1);
    expect(repository.refs.get('refs/cairn/good/prod')).toBe(second);
  });

  test('tells its story in git log, and the good ref follows', async () => {
    const { repository, first, second, at } = shop();
    const write = (given: RecordEntry) => writeRecord(repository, repository.name, 'prod', () => given);

    await write(at(second, { runId: 'run-1' }));
    await write(at(first, { runId: 'run-2', outcome: 'rolled-back', applied: ['network'] }));

    expect(log(repository)).toEqual([
      `prod: rolled back to ${first.slice(0, 7)}`,
      `prod: deployed ${second.slice(0, 7)} (network, data)`,
    ]);
    expect(repository.refs.get('refs/cairn/good/prod')).toBe(first);
    expect((await readHistory(repository, repository.name, 'prod', 1)).map((line) => line.number)).toEqual([
      2,
    ]);
  });

  test('a first deployment that failed has no good commit and no ref', async () => {
    const { repository, second, at } = shop();
    const failed = at(second, {
      outcome: 'broken',
      after: { commit: null, state: 'broken', broken: 'no way back' },
    });

    const written = await writeRecord(repository, repository.name, 'prod', () => failed);

    expect([written.commit, written.good, written.broken]).toEqual([null, [], 'no way back']);
    expect(repository.refs.has('refs/cairn/good/prod')).toBe(false);
  });

  test.each([2, 10])('%i writers at the same time lose nothing', async (writers) => {
    const { repository, second, at } = shop();
    const runs = Array.from({ length: writers }, (_, n) => `run-${n}`);

    await Promise.all(
      runs.map((runId, n) => {
        const environment = n % 2 === 0 ? 'prod' : 'stage';
        return writeRecord(repository, repository.name, environment, () =>
          at(second, { runId, environment }),
        );
      }),
    );

    const written = await Promise.all(
      ['prod', 'stage'].map((name) => readHistory(repository, repository.name, name, 100)),
    );
    expect(log(repository)).toHaveLength(writers);
    expect(
      written
        .flat()
        .map((line) => line.run)
        .sort(),
    ).toEqual([...runs].sort());
    for (const history of written) {
      expect(history.map((line) => line.number)).toEqual(history.map((_, n) => history.length - n));
    }
    const index = JSON.parse(repository.read('cairn/record', 'environments.json') ?? '');
    expect(Object.keys(index.environments)).toEqual(['prod', 'stage']);
  });

  test('an entry is computed from what is there when it is written', async () => {
    const { repository, first, second, at } = shop();
    const seen: (number | undefined)[] = [];
    const git: GitData = {
      ...repository.git,
      // Between this writer's reading and its writing, another one gets through.
      async moveRef(...call) {
        if (seen.length === 1) {
          await writeRecord(repository, repository.name, 'prod', () => at(first, { runId: 'other' }));
        }
        return repository.git.moveRef(...call);
      },
    };
    await writeRecord(repository, repository.name, 'prod', () => at(first, { runId: 'zero' }));

    const written = await writeRecord(
      { source: repository.source, git },
      repository.name,
      'prod',
      (current) => {
        seen.push(current?.deployment);
        return at(second, { runId: 'mine' });
      },
    );

    expect(seen).toEqual([1, 2]);
    expect(written.deployment).toBe(3);
  });

  test('a branch that never stands still is Unavailable, after a bounded number of tries', async () => {
    const { repository, second, at } = shop();
    let tries = 0;
    const git: GitData = {
      ...repository.git,
      async createRef() {
        tries += 1;
        return 'exists';
      },
    };

    const writing = writeRecord({ source: repository.source, git }, repository.name, 'prod', () =>
      at(second),
    );

    await expect(writing).rejects.toBeInstanceOf(Unavailable);
    expect(tries).toBe(25);
  });
});

describe('a record that cannot be read', () => {
  test.each([
    ['environments/prod/state.json', '{"version": 1,'],
    ['environments/prod/state.json', '{"version": 1}'],
    ['environments/prod/state.json', null],
    ['environments.json', '[]'],
    ['environments.json', null],
    ['environments.json', '{"version": 1, "environments": {}}'],
  ])('%s as %j is an error that names the file, for readers and writers', async (path, content) => {
    const { repository, second, at } = shop();
    await writeRecord(repository, repository.name, 'prod', () => at(second));
    repository.push('cairn/record', { [path]: content });
    const head = repository.refs.get(RECORD);

    const reading = readRecord(repository, repository.name, 'prod');
    const writing = writeRecord(repository, repository.name, 'prod', () => rolledBack());

    await expect(reading).rejects.toBeInstanceOf(InvalidInput);
    await expect(reading).rejects.toThrow(path);
    await expect(writing).rejects.toThrow(path);
    expect(repository.refs.get(RECORD)).toBe(head);
  });

  test.each(['{"number": 1', null])(
    'a history of %j is an error that names file and line',
    async (content) => {
      const { repository, second, at } = shop();
      await writeRecord(repository, repository.name, 'prod', () => at(second));
      repository.push('cairn/record', { 'environments/prod/history.jsonl': content });

      const writing = writeRecord(repository, repository.name, 'prod', () => rolledBack());

      await expect(writing).rejects.toThrow(
        content === null ? 'environments/prod/history.jsonl' : 'environments/prod/history.jsonl:1',
      );
    },
  );
});
