import { describe, expect, test } from 'vitest';
import { freezeOf } from '../../../core/environments/freeze.ts';
import { writeFreeze } from '../../../core/record/freeze.ts';
import { readRecord } from '../../../core/record/read.ts';
import { writeRecord } from '../../../core/record/write.ts';
import type { Freeze } from '../../../core/runs/document.ts';
import { fakeClock } from '../../support/fakes/clock.ts';
import { memoryRepository } from '../../support/fakes/repository.ts';
import { entry } from './entries.ts';

const FREEZE: Freeze = {
  by: 'alice',
  reason: 'release week, see #12 and @ops',
  at: '2026-01-02T10:00:00.000Z',
  until: '2026-01-05T10:00:00.000Z',
};
const CHANGE = { freeze: FREEZE, by: 'alice', at: FREEZE.at };

/** `environment` is asked for at a time when FREEZE is in force. */
function shop() {
  const repository = memoryRepository();
  const commit = repository.push('main', { 'network/main.tf': 'one' });
  const ports = { ...repository, clock: fakeClock('2026-01-03T00:00:00.000Z') };
  const file = (path: string) => {
    const head = repository.refs.get('refs/heads/cairn/record') ?? '';
    return repository.source.file(repository.name, head, path);
  };
  const message = () => repository.commits.get(repository.refs.get('refs/heads/cairn/record') ?? '')?.message;
  return { ports, name: repository.name, commit, file, message, repository };
}

describe('a freeze in the record', () => {
  test('makes the branch where there is none, and the environment is still one that was never deployed', async () => {
    const { ports, name, message, file } = shop();

    const written = await writeFreeze(ports, name, 'prod', CHANGE);

    expect(written).toBe(true);
    expect(await freezeOf(ports, name, 'prod')).toEqual(FREEZE);
    expect(await freezeOf(ports, name, 'stage')).toBeNull();
    expect(await freezeOf(ports, name, 'constructor')).toBeNull();
    expect(await readRecord(ports, name, 'prod')).toBeNull();
    expect(message()).toBe(
      'prod: frozen by alice: release week, see #12 and @ops\n\n' +
        'release week, see #\u200b12 and @\u200bops\n\n' +
        'Cairn-Environment: prod\nFrozen-by: alice\nFrozen-until: 2026-01-05T10:00:00.000Z\n',
    );
    expect(await file('README.md')).toContain('| prod | alice | release week, see \\#12 and @\u200bops | ');
  });

  test('is over by its time, and by whoever unfreezes it', async () => {
    const { ports, name, message } = shop();
    await writeFreeze(ports, name, 'prod', CHANGE);

    ports.clock.pass(3 * 86_400);
    const late = await freezeOf(ports, name, 'prod');
    await writeFreeze(ports, name, 'prod', { freeze: null, by: 'bob', at: '2026-01-06T00:00:00.000Z' });

    expect(late).toBeNull();
    expect(message()).toBe('prod: unfrozen by bob\n\nCairn-Environment: prod\nUnfrozen-by: bob\n');
    expect(await freezeOf(ports, name, 'prod')).toBeNull();
  });

  test('is written once, and not where what stands is not what was expected', async () => {
    const { ports, name, repository } = shop();
    await writeFreeze(ports, name, 'prod', CHANGE);
    const head = repository.refs.get('refs/heads/cairn/record');

    await writeFreeze(ports, name, 'prod', CHANGE);
    const change = { freeze: null, by: 'its time', at: FREEZE.at };
    const written = await writeFreeze(ports, name, 'prod', change, (current) => current === null);

    expect(written).toBe(false);
    expect(repository.refs.get('refs/heads/cairn/record')).toBe(head);
  });

  test('is kept and shown by everybody else who writes there', async () => {
    const { ports, name, commit, file } = shop();
    await writeFreeze(ports, name, 'prod', CHANGE);

    await writeRecord(ports, name, 'prod', () =>
      entry({
        commit,
        despiteFreeze: 'an outage',
        after: { commit, revert: { pull: 3, branch: 'cairn/revert-prod' } },
      }),
    );
    await writeFreeze(ports, name, 'stage', CHANGE);

    expect(await freezeOf(ports, name, 'prod')).toEqual(FREEZE);
    expect(await freezeOf(ports, name, 'stage')).toEqual(FREEZE);
    expect(await readRecord(ports, name, 'prod')).toMatchObject({ commit, revert: { pull: 3 } });
    const page = await file('environments/prod/README.md');
    expect(page).toContain('**Frozen** by alice since 2026-01-02 10:00, until 2026-01-05 10:00');
    expect(await file('README.md')).toContain('| ok, frozen |');
  });

  test('a record from before there were freezes is read, and written on', async () => {
    const { ports, name, commit, file, repository } = shop();
    await writeRecord(ports, name, 'prod', () => entry({ commit, after: { commit } }));
    const index = JSON.parse((await file('environments.json')) ?? '{}');
    const line = JSON.parse((await file('environments/prod/history.jsonl')) ?? '{}');
    delete index.freezes;
    delete line.despiteFreeze;
    repository.push('cairn/record', {
      'environments.json': JSON.stringify(index),
      'environments/prod/history.jsonl': `${JSON.stringify(line)}\n`,
    });

    const before = await freezeOf(ports, name, 'prod');
    await writeFreeze(ports, name, 'prod', CHANGE);

    expect(before).toBeNull();
    expect(await freezeOf(ports, name, 'prod')).toEqual(FREEZE);
    expect(await readRecord(ports, name, 'prod')).toMatchObject({ commit });
  });

  test('two who write at once both get through', async () => {
    const { ports, name, commit } = shop();

    await Promise.all([
      writeFreeze(ports, name, 'prod', CHANGE),
      writeFreeze(ports, name, 'stage', CHANGE),
      writeRecord(ports, name, 'prod', () => entry({ commit, after: { commit } })),
    ]);

    expect(await freezeOf(ports, name, 'prod')).toEqual(FREEZE);
    expect(await freezeOf(ports, name, 'stage')).toEqual(FREEZE);
    expect(await readRecord(ports, name, 'prod')).toMatchObject({ commit });
  });
});
