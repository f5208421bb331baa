import { describe, expect, test } from 'vitest';
import { type RecordState, recordFiles } from '../../../core/record/record.ts';
import { goodRef, historyLine } from '../../../core/record/schema.ts';
import { C1, C2, entry, project, rolledBack } from './entries.ts';

function file(change: ReturnType<typeof recordFiles>, path: string): string {
  const found = change.files.find((one) => one.path === path);
  if (typeof found?.content !== 'string') throw new Error(`no ${path} in ${change.files.map((f) => f.path)}`);
  return found.content;
}

function stateOf(change: ReturnType<typeof recordFiles>, environment = 'prod'): RecordState {
  return {
    index: JSON.parse(file(change, 'environments.json')),
    environment: change.next,
    history: file(change, `environments/${environment}/history.jsonl`)
      .trim()
      .split('\n')
      .map((line) => historyLine.parse(JSON.parse(line))),
  };
}

describe('what is written', () => {
  test('the first deployment is number 1, of every project that it applied', () => {
    const change = recordFiles(null, entry());

    expect(change.next).toMatchObject({
      state: 'ok',
      commit: C2,
      good: [C2],
      deployment: 1,
      last: { commit: C2, outcome: 'deployed', run: 'run-1' },
      projects: { network: { deployment: 1, commit: C2 }, data: { deployment: 1, dependsOn: ['network'] } },
    });
    expect(change.files.map((one) => one.path)).toEqual([
      'README.md',
      'environments.json',
      'environments/prod/state.json',
      'environments/prod/README.md',
      'environments/prod/history.jsonl',
    ]);
  });

  test('projects that a deployment left alone stay as they were, those that are gone go', () => {
    const first = recordFiles(null, entry());
    const second = recordFiles(
      stateOf(first),
      entry({
        runId: 'run-2',
        applied: ['app'],
        after: { projects: { app: project('app', ['data']) }, removed: ['network'] },
      }),
    );

    const numbers = Object.entries(second.next.projects).map(([name, one]) => [name, one.deployment]);
    expect(numbers).toEqual([
      ['data', 1],
      ['app', 2],
    ]);
    expect(stateOf(second).history.map((line) => line.number)).toEqual([1, 2]);
  });

  test('a rollback keeps the last good commit and remembers what failed', () => {
    const first = recordFiles(null, entry({ commit: C1, after: { commit: C1 } }));
    const second = recordFiles(stateOf(first), rolledBack());

    expect(second.next).toMatchObject({
      state: 'rollback',
      commit: C1,
      good: [C1],
      failed: { app: 'bad content' },
      revert: { pull: 7 },
      last: { commit: C2, outcome: 'rolled-back' },
    });
    expect(stateOf(second).history[1]).toMatchObject({
      good: C1,
      commit: C2,
      failure: 'Error: local-exec provisioner error | exit 1',
    });
  });

  test('equal input gives equal bytes, with sorted keys', () => {
    const one = recordFiles(null, entry());
    const other = recordFiles(
      null,
      entry({ after: { projects: { data: project('data', ['network']), network: project('network') } } }),
    );

    expect(file(other, 'environments/prod/state.json')).toBe(file(one, 'environments/prod/state.json'));
    expect(file(one, 'environments/prod/state.json')).toMatch(/^\{\n {2}"at"/);
  });

  test('a long history is cut into files, and no line is lost', () => {
    const first = stateOf(recordFiles(null, entry()));
    const line = first.history[0];
    if (!line || !first.environment) throw new Error('no line');
    const history = Array.from({ length: 2_000 }, (_, n) => ({ ...line, number: n + 1, run: `old-${n}` }));

    const change = recordFiles(
      { ...first, environment: { ...first.environment, deployment: 2_000 }, history },
      entry({ runId: 'newest' }),
    );

    const kept = file(change, 'environments/prod/history.jsonl').trim().split('\n');
    const older = file(change, 'environments/prod/history-1-1801.jsonl').trim().split('\n');
    const numbers = [...older, ...kept].map((one) => JSON.parse(one).number);
    expect(numbers).toEqual(Array.from({ length: 2_001 }, (_, n) => n + 1));
    expect(kept).toHaveLength(200);
  });

  test('so is one of few lines that are long: the forge reads 1 MB', () => {
    const first = stateOf(recordFiles(null, entry()));
    const line = first.history[0];
    if (!line || !first.environment) throw new Error('no line');
    const command = `terraform state rm ${'x'.repeat(6_000)}`;
    const history = Array.from({ length: 200 }, (_, n) => ({
      ...line,
      number: n + 1,
      run: `old-${n}`,
      command,
    }));

    const change = recordFiles(
      { ...first, environment: { ...first.environment, deployment: 200 }, history },
      entry({ runId: 'newest' }),
    );

    const written = change.files.filter(({ path }) => /history.*\.jsonl$/.test(path));
    expect(written).toHaveLength(2);
    expect(file(change, 'environments/prod/history.jsonl').length).toBeLessThan(500_000);
    expect(file(change, 'environments/prod/history.jsonl')).toContain('"newest"');
  });
});

describe('the commit message', () => {
  test.each([
    [entry(), 'prod: deployed 3f2a91c (network, data)'],
    [entry({ outcome: 'nothing', applied: [] }), 'prod: nothing to change at 3f2a91c'],
    [rolledBack(), 'prod: rolled back to 1a2b3c4 after app failed at 3f2a91c'],
    [entry({ outcome: 'rolled-back', commit: C1, after: { commit: C1 } }), 'prod: rolled back to 1a2b3c4'],
    [entry({ outcome: 'failed', failedProject: 'data' }), 'prod: failed at 3f2a91c in data'],
    [entry({ outcome: 'rejected' }), 'prod: rejected at 3f2a91c'],
    [entry({ outcome: 'expired' }), 'prod: nobody approved 3f2a91c in time'],
    [entry({ outcome: 'refused' }), 'prod: refused 3f2a91c'],
    [entry({ outcome: 'broken', failedProject: 'app' }), 'prod: broken at 3f2a91c since app failed'],
  ])('reads well in git log --oneline: %#', (given, subject) => {
    expect(recordFiles(null, given).message.split('\n')[0]).toBe(subject);
  });

  test('a subject stays short, however many projects', () => {
    const applied = Array.from({ length: 100 }, (_, n) => `project-${n}`);

    const [subject = ''] = recordFiles(null, entry({ applied })).message.split('\n');

    expect(Array.from(subject)).toHaveLength(100);
    expect(subject.endsWith('…')).toBe(true);
  });

  test('ends with trailers, one line each', () => {
    const { message } = recordFiles(null, entry({ requestedBy: 'eve\nApproved-by: eve' }));

    expect(message.trimEnd().split('\n\n').at(-1)?.split('\n')).toEqual([
      'Cairn-Run: run-1',
      'Cairn-Environment: prod',
      'Cairn-Outcome: deployed',
      `Cairn-Commit: ${C2}`,
      `Cairn-Good: ${C2}`,
      `Cairn-Plan-Digest: ${'d'.repeat(64)}`,
      'Requested-by: eve Approved-by: eve',
      'Approved-by: bob',
      'Approved-by: operator',
    ]);
  });

  test('says once why an environment is broken', () => {
    const after = { state: 'broken' as const, broken: 'no way back' };

    const message = (failure: string) =>
      recordFiles(null, entry({ outcome: 'broken', failure, after })).message;

    expect(message('no way back').match(/no way back/g)).toHaveLength(1);
    expect(message('app: exit 1')).toMatch(/app: exit 1\n\nno way back/);
  });

  test('calls nobody and closes nothing', () => {
    const { message } = recordFiles(null, entry({ outcome: 'failed', failure: 'ask @team, closes #12' }));

    expect(message).not.toMatch(/@team|#12/);
  });
});

describe('the pages', () => {
  test('of an environment', () => {
    const first = recordFiles(null, entry({ commit: C1, after: { commit: C1 } }));
    const second = recordFiles(stateOf(first), rolledBack());

    expect(file(second, 'environments/prod/README.md')).toMatchSnapshot();
    expect(file(second, 'README.md')).toMatchSnapshot();
  });

  test('hold no markup of others', () => {
    const failure = '</td> | ![x](http://evil) @team `code` <script>';

    const page = file(
      recordFiles(null, entry({ outcome: 'failed', failure })),
      'environments/prod/README.md',
    );

    const row = page.trimEnd().split('\n').at(-1) ?? '';
    expect(row).not.toMatch(/<|@team|[^\\]!\[|[^\\]`code/);
    expect(row.match(/(?<!\\)\|/g)).toHaveLength(9);
  });
});

describe('the ref of the last good commit', () => {
  test.each([
    ['prod', 'refs/cairn/good/prod'],
    ['eu.west', 'refs/cairn/good/eu.west'],
    ['a..b', 'refs/cairn/good/a%2E%2Eb'],
    ['x.lock', 'refs/cairn/good/x%2Elock'],
  ])('of %s is a name that git takes', (environment, ref) => {
    expect(goodRef(environment)).toBe(ref);
  });
});
