import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { InvalidInput, NotAllowed } from '../../../core/errors.ts';
import type { WorkflowRun } from '../../../core/ports.ts';
import { readActionsEvent, requestFromActions } from '../../../core/requests/actions.ts';
import { branchName, repositoryName } from '../../../core/requests/request.ts';

const COMMIT = 'c'.repeat(40);

const RUN: WorkflowRun = {
  actor: 'alice',
  attempt: 1,
  headRepository: 'acme/shop',
  branch: 'main',
  status: 'in_progress',
};

function request(detailType: string, detail: unknown, run: WorkflowRun | null = RUN) {
  return requestFromActions(readActionsEvent(detailType, detail), run);
}

describe('an event of GitHub Actions', () => {
  it('asks for a deploy in the name of whoever started the workflow run', () => {
    const asked = request('deploy:acme/shop:main', { run_id: 42, environment: 'prod', commit: COMMIT });

    expect(asked).toEqual({
      command: 'deploy',
      branch: 'main',
      repository: 'acme/shop',
      environment: 'prod',
      commit: COMMIT,
      retry: false,
      origin: { source: 'actions', login: 'alice', trigger: `actions-42.1/${COMMIT}` },
    });
  });

  it('asks for a plan, and nobody read the commit: a fork is not planned by it', () => {
    const asked = request('plan:acme/shop:main', {
      run_id: '42',
      pull: '7',
      commit: COMMIT,
      environment: '',
    });

    expect(asked).toEqual({
      command: 'plan',
      repository: 'acme/shop',
      pull: 7,
      commit: COMMIT,
      asked: false,
      origin: { source: 'actions', login: 'alice', trigger: `actions-42.1/#7${COMMIT}` },
    });
  });

  it('is of the repository of its detail-type, whatever its detail claims', () => {
    const detail = {
      run_id: 42,
      environment: 'prod',
      command: 'rollback',
      repository: 'acme/bank',
      branch: 'release',
      origin: { source: 'api', login: 'operator', trigger: 'mine' },
      asked: true,
      retry: true,
    };

    const asked = request('deploy:acme/shop:main', detail);

    expect(asked).toMatchObject({ command: 'deploy', repository: 'acme/shop', retry: false });
    expect(asked.origin).toEqual({ source: 'actions', login: 'alice', trigger: 'actions-42.1/' });
  });

  it('may name a branch with slashes', () => {
    const ask = readActionsEvent('deploy:acme/shop:release/2026', { run_id: 42, environment: 'prod' });

    expect(ask.branch).toBe('release/2026');
  });

  it.each(['approve', 'reject', 'rollback', 'push', 'help', '', 'Deploy', '__proto__', 'constructor'])(
    'never asks for %j',
    (command) => {
      const detail = { run_id: 42, environment: 'prod', digest: 'abcdef0', pull: 7 };

      expect(() => readActionsEvent(`${command}:acme/shop:main`, detail)).toThrow(InvalidInput);
    },
  );

  it.each([
    ['no workflow run', 'deploy', { environment: 'prod' }, 'run_id'],
    ['no environment', 'deploy', { run_id: 42 }, 'environment'],
    ['no pull request', 'plan', { run_id: 42 }, 'pull'],
    ['an environment that is none', 'deploy', { run_id: 42, environment: '../prod' }, 'environment'],
    ['a commit that is none', 'deploy', { run_id: 42, environment: 'prod', commit: 'main' }, 'commit'],
    ['a run id that is none', 'deploy', { run_id: '42; rm', environment: 'prod' }, 'run_id'],
    ['no detail', 'deploy', null, 'run_id'],
  ])('with %s is refused by name', (_, command, detail, named) => {
    const read = () => readActionsEvent(`${command}:acme/shop:main`, detail);

    expect(read).toThrow(InvalidInput);
    expect(read).toThrow(named);
  });

  it.each<[string, WorkflowRun | null]>([
    ['is not there', null],
    ['is of a fork', { ...RUN, headRepository: 'mallory/shop' }],
    ['is of a repository that is gone', { ...RUN, headRepository: null }],
    ['is of another branch', { ...RUN, branch: 'feature' }],
    ['is of no branch', { ...RUN, branch: null }],
    ['has ended', { ...RUN, status: 'completed' }],
    ['was started by nobody that is known', { ...RUN, actor: null }],
  ])('whose workflow run %s is refused', (_, run) => {
    const detail = { run_id: 42, environment: 'prod' };

    expect(() => request('deploy:acme/shop:main', detail, run)).toThrow(NotAllowed);
  });

  it('asks again when the workflow run is started again, and only then', () => {
    const detail = { run_id: 42, environment: 'prod' };
    const trigger = (run: WorkflowRun) => request('deploy:acme/shop:main', detail, run).origin.trigger;

    expect(trigger(RUN)).toBe(trigger({ ...RUN, status: 'queued' }));
    expect(trigger(RUN)).not.toBe(trigger({ ...RUN, attempt: 2 }));
  });
});

const wild = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc
    .array(
      fc.constantFrom('deploy', 'plan', 'approve', ':', '/', 'acme/shop', 'main', '..', '\n', '*', ' '),
      {
        maxLength: 9,
      },
    )
    .map((parts) => parts.join('')),
);

test('a wild detail-type is refused in Cairn’s words, or names a repository and a branch as they are written', () => {
  fc.assert(
    fc.property(wild, fc.anything(), (detailType, detail) => {
      let ask: ReturnType<typeof readActionsEvent>;
      try {
        ask = readActionsEvent(detailType, { environment: 'prod', pull: 1, run_id: 1, ...Object(detail) });
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidInput);
        return;
      }
      expect(`${ask.what.command}:${ask.repository}:${ask.branch}`).toBe(detailType);
      expect(['plan', 'deploy']).toContain(ask.what.command);
      expect(repositoryName.safeParse(ask.repository).success).toBe(true);
      expect(branchName.safeParse(ask.branch).success).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('a wild detail never changes who asks, or of what', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (claims) => {
      const detail = { ...claims, run_id: 42, environment: 'prod', commit: COMMIT, pull: 3 };

      const asked = request('deploy:acme/shop:main', detail);

      expect(asked.repository).toBe('acme/shop');
      expect(asked.origin).toMatchObject({ source: 'actions', login: 'alice' });
    }),
  );
});
