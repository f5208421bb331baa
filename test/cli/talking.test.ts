import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { beforeEach, describe, expect, it } from 'vitest';
import { InvalidInput, NotAllowed, Unavailable } from '../../core/errors.ts';
import { ADMIN } from '../api/host.ts';
import { aRun, rolledBack, waitingDeploy } from '../api/story.ts';
import { talk } from './talk.ts';

const on = talk();

describe('cairn deploy, plan, approve, reject, rollback', () => {
  it('ask, and say where to look', async () => {
    const { code, out } = await on.cairn.run(['deploy', 'prod', 'c'.repeat(40), '--retry']);

    expect(code).toBe(0);
    expect(out).toContain('http://cairn.test/runs/0123456789abcdef0123');
    expect(on.host.asked).toMatchObject([
      {
        command: 'deploy',
        repository: 'acme/shop',
        environment: 'prod',
        commit: 'c'.repeat(40),
        retry: true,
        origin: { login: 'operator' },
      },
    ]);
  });

  it('send each command as it is meant', async () => {
    await on.cairn.run(['plan', '#12', '--project', 'app']);
    await on.cairn.run(['approve', 'prod', '3F2A91C']);
    await on.cairn.run(['reject', 'prod', 'not', 'now']);
    await on.cairn.run(['rollback', 'prod']);

    expect(on.host.asked).toMatchObject([
      { command: 'plan', pull: 12, project: 'app' },
      { command: 'approve', environment: 'prod', digest: '3f2a91c' },
      { command: 'reject', environment: 'prod', reason: 'not now' },
      { command: 'rollback', environment: 'prod' },
    ]);
  });

  it('wait until the run has ended, telling what it does and what it waits for', async () => {
    const { runId } = await waitingDeploy(on.host.ports);
    on.host.request = async () => ({ started: [runId] });
    const when = { said: 'cairn approve', happens: () => on.ends(runId, 'succeeded', 'Deployed abc') };

    const { code, out, err } = await on.cairn.run(['deploy', 'prod', '--wait', '--json'], { when });

    expect(code).toBe(0);
    expect(err).toContain('Asks for approval of 3f2a91c.');
    expect(err).toContain('cairn approve prod 3f2a91c');
    expect(err).toContain('succeeded: Deployed abc');
    expect(JSON.parse(out)).toMatchObject({ started: [runId], runs: [{ state: 'succeeded' }] });
  });

  it('are bad if the run ends badly', async () => {
    const { runId } = await rolledBack(on.host.ports);
    on.host.request = async () => ({ started: [runId] });

    expect((await on.cairn.run(['deploy', 'prod', '--wait'])).code).toBe(1);
  });

  it('say by their exit code that a rule turned it away, and nothing went wrong', async () => {
    const { runId } = await waitingDeploy(on.host.ports);
    await on.ends(runId, 'refused', 'prod is frozen by alice: release week');
    const failed = await on.host.ports.runs.claim(aRun({ id: 'f'.repeat(20), state: 'failed', title: 'No' }));
    on.host.request = async () => ({ started: [runId] });
    const { code, err } = await on.cairn.run(['deploy', 'prod', '--wait']);
    on.host.request = async () => ({ started: [runId, failed.id] });

    const both = await on.cairn.run(['deploy', 'prod', '--wait']);

    expect(code).toBe(3);
    expect(err).toContain('refused: prod is frozen by alice: release week');
    expect(both.code).toBe(1);
  });

  it('wait for a run that is in the index only a moment later', async () => {
    const id = 'eeeeeeeeeeeeeeeeeeee';
    on.host.request = async () => ({ started: [id] });
    setTimeout(
      () => void on.host.ports.runs.claim(aRun({ id, state: 'succeeded', title: 'Nothing to change' })),
      400,
    );

    const { code, err } = await on.cairn.run(['deploy', 'prod', '--wait']);

    expect(err).toContain('Nothing to change');
    expect(code).toBe(0);
  });

  it('give up waiting after the time that was said, and leave the run alone', async () => {
    const { runId } = await waitingDeploy(on.host.ports);
    on.host.request = async () => ({ started: [runId] });

    const { code, err } = await on.cairn.run(['deploy', 'prod', '--wait', '--timeout', '0.01']);

    expect(code).toBe(5);
    expect(err).toContain('goes on');
  });

  it('are one run however often they were sent', async () => {
    let calls = 0;
    const keys = new Set<string>();
    on.host.request = async (request) => {
      keys.add(request.origin.trigger);
      if (++calls === 1) throw new Unavailable('the database is busy');
      return { started: [] };
    };

    const { code } = await on.cairn.run(['rollback', 'prod']);

    expect(code).toBe(0);
    expect(calls).toBe(2);
    expect(keys.size).toBe(1);
  });

  it.each([
    [new NotAllowed('You answered 1111111, but the plan that waits is 3f2a91c.'), 3],
    [new InvalidInput('That does not fit.'), 3],
    [new Unavailable('GitHub is down'), 4],
  ])('hand on why it was refused: %s', async (error, code) => {
    on.host.request = () => Promise.reject(error);

    const said = await on.cairn.run(['approve', 'prod', '1111111']);

    expect(said.code).toBe(code);
    expect(said.err).toContain(error.message);
  });

  it('take a short commit from the checkout', async () => {
    const git = (...args: string[]) => execa('git', args, { cwd: on.cairn.home });
    await git('init', '-q', '-b', 'main');
    await git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-q', '--allow-empty', '-m', 'x');
    const { stdout: sha } = await git('rev-parse', 'HEAD');

    await on.cairn.run(['deploy', 'prod', sha.slice(0, 8)]);
    await on.cairn.run(['deploy', 'prod', 'main']);
    const unknown = await on.cairn.run(['deploy', 'prod', '--', '--upload-pack=x']);

    expect(on.host.asked).toMatchObject([{ commit: sha }, { commit: sha }]);
    expect(unknown.code).toBe(2);
  });
});

describe('which repository', () => {
  beforeEach(() => {
    on.host.repositories.push('acme/other');
  });

  it('is that of the checkout', async () => {
    await execa('git', ['init', '-q'], { cwd: on.cairn.home });
    await execa('git', ['remote', 'add', 'origin', 'git@github.com:Acme/other.git'], { cwd: on.cairn.home });

    await on.cairn.run(['rollback', 'prod']);

    expect(on.host.asked).toMatchObject([{ repository: 'acme/other' }]);
  });

  it('has to be said where it could be several', async () => {
    const { code, err } = await on.cairn.run(['rollback', 'prod']);

    expect(code).toBe(2);
    expect(err).toContain('--repository: acme/shop, acme/other');
  });
});

describe('server and token', () => {
  it('that are not there are said', async () => {
    const { code, err } = await on.cairn.run(['status', '--server', 'http://127.0.0.1:1']);

    expect(code).toBe(4);
    expect(err).toContain('cairn serve');
  });

  it('that do not fit are said, without the token', async () => {
    const { code, err } = await on.cairn.run(['status', '--token', 'wrong-token-of-somebody']);

    expect(code).toBe(3);
    expect(err).toContain('refuses the token');
    expect(err).not.toContain('wrong-token-of-somebody');
  });

  it('come from the data folder of this machine', async () => {
    await mkdir(path.join(on.cairn.home, '.cairn'));
    await writeFile(path.join(on.cairn.home, '.cairn', 'admin.token'), `${ADMIN}\n`, { mode: 0o600 });

    const { code } = await on.cairn.run(['runs'], { env: { HOME: on.cairn.home, CAIRN_SERVER: on.url } });

    expect(code).toBe(0);
  });

  it('of this machine are sent to no other', async () => {
    const data = path.join(on.cairn.home, 'data');
    await mkdir(data);
    await writeFile(path.join(data, 'admin.token'), ADMIN);
    // On Linux the same machine by another name than loopback's.
    const elsewhere = on.url.replace('127.0.0.1', '0.0.0.0');

    const { code, err } = await on.cairn.run(['runs', '--server', elsewhere, '--data', data], {
      env: { HOME: on.cairn.home },
    });

    expect(code).toBe(3);
    expect(err).toContain('needs a token');
  });
});

describe('a command line that is wrong', () => {
  it.each([
    [['nonsense']],
    [['deploy']],
    [['status', '--nonsense']],
    [['status', '--server', 'ftp://x']],
    [['plan', 'twelve']],
    [['deploy', 'prod', '--wait', '--timeout', 'soon']],
  ])('%j says so', async (args) => {
    const { code, err } = await on.cairn.run(args);

    expect(code).toBe(2);
    expect(err).not.toBe('');
    expect(err).not.toContain('    at ');
  });

  it('says which version it is', async () => {
    expect(await on.cairn.run(['--version'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
  });

  it('helps', async () => {
    const { code, out } = await on.cairn.run(['--help']);

    expect(code).toBe(0);
    for (const name of [
      'serve',
      'demo',
      'validate',
      'doctor',
      'status',
      'runs',
      'show',
      'logs',
      'plan',
      'deploy',
      'approve',
      'reject',
      'rollback',
      'state',
    ]) {
      expect(out).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
    }
  });
});
