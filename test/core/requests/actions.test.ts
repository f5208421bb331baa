import { describe, expect, it } from 'vitest';
import { ephemeralName } from '../../../core/ephemeral/name.ts';
import { InvalidInput, NotAllowed } from '../../../core/errors.ts';
import type { WorkflowRun } from '../../../core/ports.ts';
import { readActionsEvent, requestFromActions } from '../../../core/requests/actions.ts';
import { COMMIT, RUN } from './workflow-run.ts';

function request(detailType: string, detail: unknown, run: WorkflowRun | null = RUN) {
  return requestFromActions(readActionsEvent(detailType, detail), run, 'main');
}

/** Asked by a workflow on this branch. */
function asked(command: string, detail: Record<string, unknown>, branch = 'main', event = 'push') {
  const title = 'approve prod abcdef0 despite-freeze';
  return request(
    `${command}:acme/shop:${branch}`,
    { run_id: '42', ...detail },
    { ...RUN, branch, event, title },
  );
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
      projects: ['network'],
    };

    const asked = request('deploy:acme/shop:main', detail);

    expect(asked).toMatchObject({ command: 'deploy', repository: 'acme/shop' });
    expect(asked).not.toHaveProperty('projects');
    expect(asked.origin).toEqual({ source: 'actions', login: 'alice', trigger: 'actions-42.1/' });
  });

  it('may name a branch with slashes', () => {
    const ask = readActionsEvent('deploy:acme/shop:release/2026', { run_id: 42, environment: 'prod' });

    expect(ask.branch).toBe('release/2026');
  });

  it.each(['push', 'closed', 'warn', 'help', '', 'Deploy', '__proto__', 'constructor'])(
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
    ['is in a state that nobody knows', { ...RUN, status: 'unknown' }],
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

describe('what GitHub Actions ask for', () => {
  it.each<[string, string, Record<string, unknown>, Record<string, unknown>]>([
    ['an environment of its branch', 'ephemeral', { ref: '', ttl: '' }, { ref: 'main' }],
    [
      'one with all that there is to say',
      'ephemeral',
      { ref: 'v1.2', name: 'Demo', ttl: '8h', projects: 'network,\n app\n', email: 'a@example.com' },
      { ref: 'v1.2', name: 'Demo', ttl: '8h', projects: ['network', 'app'], email: 'a@example.com' },
    ],
    [
      'more time by name',
      'extend',
      { name: 'demo', ttl: '4h', at: '' },
      { environment: 'eph-demo', ttl: '4h' },
    ],
    [
      'another end',
      'extend',
      { environment: 'eph-demo', at: 'never' },
      { environment: 'eph-demo', at: 'never' },
    ],
    [
      'an end now',
      'destroy',
      { name: 'Demo!', environment: '' },
      { environment: ephemeralName('Demo!'), reason: 'asked' },
    ],
    [
      'a command',
      'run',
      { environment: 'prod', project: 'app', args: '["state", "show", "x[\\"a b\\"]"]' },
      { environment: 'prod', project: 'app', args: ['state', 'show', 'x["a b"]'] },
    ],
    [
      'a command as a list',
      'run',
      { environment: 'prod', project: 'app', args: ['output'] },
      { args: ['output'] },
    ],
    ['a comparison', 'drift', { environment: 'prod' }, { environment: 'prod' }],
    [
      'a comparison that mends',
      'drift',
      { environment: 'prod', reconcile: 'true' },
      { environment: 'prod', reconcile: true },
    ],
    [
      'another try',
      'deploy',
      { environment: 'prod', retry: 'true', despiteFreeze: 'false' },
      { environment: 'prod', retry: true, despiteFreeze: false },
    ],
    [
      'a freeze',
      'freeze',
      { environment: 'prod', reason: 'sale', until: '' },
      { environment: 'prod', reason: 'sale' },
    ],
    ['its end', 'unfreeze', { environment: 'prod' }, { environment: 'prod' }],
  ])('is %s', (_, command, detail, expected) => {
    const { origin, ...rest } = asked(command, detail);

    expect(rest).toMatchObject({ command, repository: 'acme/shop', ...expected });
    expect(origin).toMatchObject({ source: 'actions', login: 'alice' });
    for (const value of Object.values(rest)) expect(value).not.toBe('');
  });

  it('is of its own branch, by either name or by its commit', () => {
    const refs = ['', 'feature/x', 'refs/heads/feature/x', COMMIT].map((ref) =>
      asked('ephemeral', { ref }, 'feature/x'),
    );

    expect(refs).toMatchObject([
      { ref: 'feature/x' },
      { ref: 'feature/x' },
      { ref: 'feature/x' },
      { ref: COMMIT },
    ]);
  });

  it.each<[string, string, Record<string, unknown>]>([
    ['of another branch', 'ephemeral', { ref: 'main' }],
    ['of a tag', 'ephemeral', { ref: 'v1.2' }],
    ['a permanent one to be destroyed', 'destroy', { environment: 'prod', confirm: 'prod' }],
    ['a permanent one to be extended', 'extend', { environment: 'prod', ttl: '4h' }],
    [
      'a command where it does not deploy',
      'run',
      { environment: 'prod', project: 'app', args: '["output"]' },
    ],
    ['a comparison there', 'drift', { environment: 'prod' }],
    ['a freeze', 'freeze', { environment: 'prod', reason: 'sale' }],
    ['a freeze of an ephemeral one', 'freeze', { environment: 'eph-demo', reason: 'sale' }],
    ['the end of a freeze', 'unfreeze', { environment: 'prod' }],
  ])('is never, from another branch, %s', (_, command, detail) => {
    expect(() => asked(command, detail, 'feature/x')).toThrow(NotAllowed);
  });

  it('may be asked of an ephemeral environment from any branch', () => {
    const detail = { environment: 'eph-demo', project: 'app', args: '["output"]' };

    expect(asked('run', detail, 'feature/x')).toMatchObject({ environment: 'eph-demo' });
    expect(asked('drift', detail, 'feature/x')).toMatchObject({ environment: 'eph-demo' });
    expect(asked('destroy', detail, 'feature/x')).toMatchObject({ environment: 'eph-demo' });
  });

  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['approve', { digest: 'abcdef0' }, { digest: 'abcdef0' }],
    ['reject', { digest: 'abcdef0123', reason: 'too late' }, { reason: 'too late' }],
    ['rollback', { commit: COMMIT }, { commit: COMMIT }],
    ['destroy', { confirm: 'prod' }, { confirm: 'prod', reason: 'asked' }],
    ['deploy', { despiteFreeze: true }, { despiteFreeze: true, branch: 'main' }],
  ])(
    'is, of what only a person decides, %s: by hand, on the default branch, and never else',
    (command, detail, expected) => {
      const ask = (branch: string, event: string) =>
        asked(command, { environment: 'prod', ...detail }, branch, event);

      expect(ask('main', 'workflow_dispatch')).toMatchObject({ command, environment: 'prod', ...expected });
      for (const event of ['push', 'schedule', 'pull_request', 'repository_dispatch', 'workflow_run'])
        expect(() => ask('main', event)).toThrow(/by hand/);
      expect(() => ask('feature/x', 'workflow_dispatch')).toThrow(/by hand/);
    },
  );

  it.each<[string, Record<string, unknown>, string]>([
    ['approve', { digest: 'abcdef0123' }, 'Approve prod 1234567'],
    ['reject', { digest: 'abcdef0' }, 'Tests'],
    ['deploy', { despiteFreeze: true }, 'Deploy prod'],
    ['rollback', { despiteFreeze: 'true' }, ''],
  ])(
    'is no %s by a run that somebody started for something else: its title does not say it',
    (command, detail, title) => {
      const run = { ...RUN, event: 'workflow_dispatch', title };

      const ask = () =>
        request(`${command}:acme/shop:main`, { run_id: 42, environment: 'prod', ...detail }, run);

      expect(ask).toThrow(NotAllowed);
      expect(ask).toThrow(/run-name/);
    },
  );

  it.each<[string, Record<string, unknown>]>([
    ['neither', {}],
    ['both', { ttl: '4h', at: 'never' }],
  ])('is no extension by %s of ttl and at', (_, times) => {
    expect(() => asked('extend', { environment: 'eph-demo', ...times })).toThrow(/either ttl/);
  });

  it.each<[string, string, Record<string, unknown>, string]>([
    ['an e-mail that is none', 'ephemeral', { email: 'nobody' }, 'email'],
    ['a ref that is none', 'ephemeral', { ref: '--upload-pack=x' }, 'ref'],
    ['no environment to extend', 'extend', { ttl: '4h' }, 'Say which environment'],
    ['no environment to destroy', 'destroy', { name: '', environment: '' }, 'Say which environment'],
    ['words that are no list', 'run', { environment: 'prod', project: 'app', args: 'state list' }, 'args'],
    ['a list of something else', 'run', { environment: 'prod', project: 'app', args: '[1]' }, 'args'],
    ['an empty list', 'run', { environment: 'prod', project: 'app', args: '[]' }, 'args'],
    ['no project', 'run', { environment: 'prod', args: '["output"]' }, 'project'],
    ['no reason', 'freeze', { environment: 'prod', reason: '' }, 'reason'],
    ['a step that is none', 'drift', { environment: 'prod', step: 'a b' }, 'step'],
  ])('with %s is refused by name', (_, command, detail, named) => {
    const read = () => asked(command, detail);

    expect(read).toThrow(InvalidInput);
    expect(read).toThrow(named);
  });

  it('is answered under the step that asks, and two steps are two requests', () => {
    const [one, same, two] = ['prod/ask', 'prod/ask', 'prod/again'].map((step) =>
      asked('drift', { environment: 'prod', step }),
    );

    expect(one?.origin.reply).toEqual({ commit: COMMIT, key: 'actions-42.1/prod/ask' });
    expect(same).toEqual(one);
    expect(two?.origin.trigger).not.toBe(one?.origin.trigger);
  });

  it.each(['', 'prod/ask'])('is one request for each thing that is asked, in the step %j', (step) => {
    const triggers = ['["output"]', '["output"]', '["show"]'].map(
      (args) => asked('run', { environment: 'prod', project: 'app', args, step }).origin.trigger,
    );

    expect(triggers[0]).toBe(triggers[1]);
    expect(triggers[0]).not.toBe(triggers[2]);
    expect(asked('drift', { environment: 'prod' }).origin.reply).toBeUndefined();
  });
});
