import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InvalidInput, NotAllowed, Unavailable } from '../../core/errors.ts';
import type { Run } from '../../core/requests/run.ts';
import { ADMIN, type TestHost, testHost } from '../api/host.ts';
import { aRun, goodDeployment, rolledBack, waitingDeploy } from '../api/story.ts';
import { listen, type Program, program } from './program.ts';

let host: TestHost;
let server: Awaited<ReturnType<typeof listen>>;
let cairn: Program;
beforeEach(async () => {
  host = testHost();
  server = await listen(host);
  cairn = await program(server.url);
});
afterEach(async () => {
  await cairn.close();
  await server.close();
});

async function end(runId: string, state: Run['state'], title: string): Promise<void> {
  const event = {
    id: 'end',
    runId,
    at: '2026-01-01T00:00:00Z',
    kind: 'run.ended' as const,
    message: title,
    doc: null,
  };
  await host.ports.status.emit({ ...event, run: { state, title } });
}

describe('cairn status', () => {
  it('shows environments and what is waited for', async () => {
    const { commit } = await waitingDeploy(host.ports);
    await goodDeployment(host.ports, 'staging', commit);

    const { code, out } = await cairn.run(['status']);

    expect(code).toBe(0);
    expect(out).toMatch(/^prod +none +- +1 waiting +approval of 3f2a91c$/m);
    expect(out).toMatch(new RegExp(`^staging +ok +${commit.slice(0, 7)} +- +-$`, 'm'));
    expect(out).toContain('cairn approve prod 3f2a91c');
    expect(out).not.toContain('\u001b');
  });

  it('answers JSON', async () => {
    await waitingDeploy(host.ports);

    const { out } = await cairn.run(['status', '--json']);

    expect(JSON.parse(out)).toMatchObject({
      environments: [{ name: 'prod' }, { name: 'staging' }],
      problems: [],
    });
  });

  it('has colours on a terminal, unless NO_COLOR says otherwise', async () => {
    const { commit } = await waitingDeploy(host.ports);
    await goodDeployment(host.ports, 'staging', commit);
    const env = { CAIRN_SERVER: server.url, CAIRN_TOKEN: ADMIN };

    const coloured = await cairn.run(['status'], { outIsTerminal: true, env });
    const bare = await cairn.run(['status'], { outIsTerminal: true, env: { ...env, NO_COLOR: '1' } });

    expect(coloured.out).toContain('\u001b[32mok\u001b[0m');
    expect(bare.out).not.toContain('\u001b');
  });

  it('is bad if an environment cannot be told', async () => {
    host.ports.source = {
      ...host.ports.source,
      defaultBranch: () => Promise.reject(new Unavailable('GitHub is down')),
    };

    const { code, err } = await cairn.run(['status']);

    expect(code).toBe(1);
    expect(err).toContain('GitHub is down');
  });
});

describe('cairn runs, show, logs', () => {
  it('list what there is', async () => {
    await rolledBack(host.ports);

    const { out } = await cairn.run(['runs', '--environment', 'prod']);

    expect(out).toMatch(/^1 +rolled-back +deploy prod +[0-9a-f]{7} +2025-12-31 23:55 +Rolled back: app/m);
  });

  it('show a run by number, with its diff and what failed', async () => {
    await rolledBack(host.ports);

    const { out } = await cairn.run(['show', '1']);

    expect(out).toContain('app failed (apply)');
    expect(out).toContain('terraform_data.service: Modifying...');
    expect(out).toContain('Revert: https://github.test/acme/shop/pull/7');
    expect(out).toMatch(/^! resource "terraform_data" "service"/m);
    expect((await cairn.run(['show', 'bbbb', '--no-diff'])).out).not.toContain('resource "terraform_data"');
  });

  it('never hand control characters of a log to the terminal', async () => {
    const { runId } = await rolledBack(host.ports);
    await host.ports.artifacts.put(
      `jobs/acme/shop/prod/apply/${runId}/apply-5-app/out/log.txt`,
      'a\u001b]0;evil\u0007b\u001b[2Jc\n',
    );

    const { out } = await cairn.run(['logs', '1', 'apply-5-app']);

    expect(out).toBe('==> apply-5-app\na]0;evilb[2Jc\n');
  });

  it('print the logs of all jobs', async () => {
    await rolledBack(host.ports);

    const { out } = await cairn.run(['logs', '1']);

    expect(out).toContain('==> plan-3-network\nPlanning network\n');
    expect(out).toContain('==> apply-5-app\nterraform_data.service: Modifying...\n');
  });

  it('follow logs until the run has ended, each part once', async () => {
    const { runId } = await waitingDeploy(host.ports);
    const prefix = `jobs/acme/shop/prod/apply/${runId}/apply-9-app`;
    await host.ports.artifacts.put(`${prefix}/order.json`, '{}');
    host.ports.jobs.logs.set(prefix, 'one\n');
    const happens = async () => {
      await host.ports.artifacts.put(`${prefix}/out/log.txt`, 'one\ntwo\n');
      await host.ports.artifacts.put(`${prefix}/out/result.json`, '{}');
      await end(runId, 'succeeded', 'Deployed');
    };

    const { code, out } = await cairn.run(['logs', runId, '--follow'], { when: { said: 'one\n', happens } });

    expect(code).toBe(0);
    expect(out.split('==> apply-9-app\n')[1]).toBe('one\ntwo\n');
  });

  it('say what is not there', async () => {
    expect(await cairn.run(['show', '99'])).toMatchObject({
      code: 3,
      err: expect.stringContaining('cairn runs'),
    });
    expect(await cairn.run(['show', 'f'.repeat(20)])).toMatchObject({ code: 3 });
  });
});

describe('cairn deploy, plan, approve, reject, rollback', () => {
  it('ask, and say where to look', async () => {
    const { code, out } = await cairn.run(['deploy', 'prod', 'c'.repeat(40), '--retry']);

    expect(code).toBe(0);
    expect(out).toContain('http://cairn.test/runs/0123456789abcdef0123');
    expect(host.asked).toMatchObject([
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
    await cairn.run(['plan', '#12', '--project', 'app']);
    await cairn.run(['approve', 'prod', '3F2A91C']);
    await cairn.run(['reject', 'prod', 'not', 'now']);
    await cairn.run(['rollback', 'prod']);

    expect(host.asked).toMatchObject([
      { command: 'plan', pull: 12, project: 'app' },
      { command: 'approve', environment: 'prod', digest: '3f2a91c' },
      { command: 'reject', environment: 'prod', reason: 'not now' },
      { command: 'rollback', environment: 'prod' },
    ]);
  });

  it('wait until the run has ended, telling what it does and what it waits for', async () => {
    const { runId } = await waitingDeploy(host.ports);
    host.request = async () => ({ started: [runId] });
    const when = { said: 'cairn approve', happens: () => end(runId, 'succeeded', 'Deployed abc') };

    const { code, out, err } = await cairn.run(['deploy', 'prod', '--wait', '--json'], { when });

    expect(code).toBe(0);
    expect(err).toContain('Asks for approval of 3f2a91c.');
    expect(err).toContain('cairn approve prod 3f2a91c');
    expect(err).toContain('succeeded: Deployed abc');
    expect(JSON.parse(out)).toMatchObject({ started: [runId], runs: [{ state: 'succeeded' }] });
  });

  it('are bad if the run ends badly', async () => {
    const { runId } = await rolledBack(host.ports);
    host.request = async () => ({ started: [runId] });

    expect((await cairn.run(['deploy', 'prod', '--wait'])).code).toBe(1);
  });

  it('say by their exit code that a rule turned it away, and nothing went wrong', async () => {
    const { runId } = await waitingDeploy(host.ports);
    await end(runId, 'refused', 'prod is frozen by alice: release week');
    const failed = await host.ports.runs.claim(aRun({ id: 'f'.repeat(20), state: 'failed', title: 'No' }));
    host.request = async () => ({ started: [runId] });
    const { code, err } = await cairn.run(['deploy', 'prod', '--wait']);
    host.request = async () => ({ started: [runId, failed.id] });

    const both = await cairn.run(['deploy', 'prod', '--wait']);

    expect(code).toBe(3);
    expect(err).toContain('refused: prod is frozen by alice: release week');
    expect(both.code).toBe(1);
  });

  it('wait for a run that is in the index only a moment later', async () => {
    const id = 'eeeeeeeeeeeeeeeeeeee';
    host.request = async () => ({ started: [id] });
    setTimeout(
      () => void host.ports.runs.claim(aRun({ id, state: 'succeeded', title: 'Nothing to change' })),
      400,
    );

    const { code, err } = await cairn.run(['deploy', 'prod', '--wait']);

    expect(err).toContain('Nothing to change');
    expect(code).toBe(0);
  });

  it('give up waiting after the time that was said, and leave the run alone', async () => {
    const { runId } = await waitingDeploy(host.ports);
    host.request = async () => ({ started: [runId] });

    const { code, err } = await cairn.run(['deploy', 'prod', '--wait', '--timeout', '0.01']);

    expect(code).toBe(5);
    expect(err).toContain('goes on');
  });

  it('are one run however often they were sent', async () => {
    let calls = 0;
    const keys = new Set<string>();
    host.request = async (request) => {
      keys.add(request.origin.trigger);
      if (++calls === 1) throw new Unavailable('the database is busy');
      return { started: [] };
    };

    const { code } = await cairn.run(['rollback', 'prod']);

    expect(code).toBe(0);
    expect(calls).toBe(2);
    expect(keys.size).toBe(1);
  });

  it.each([
    [new NotAllowed('You answered 1111111, but the plan that waits is 3f2a91c.'), 3],
    [new InvalidInput('That does not fit.'), 3],
    [new Unavailable('GitHub is down'), 4],
  ])('hand on why it was refused: %s', async (error, code) => {
    host.request = () => Promise.reject(error);

    const said = await cairn.run(['approve', 'prod', '1111111']);

    expect(said.code).toBe(code);
    expect(said.err).toContain(error.message);
  });

  it('take a short commit from the checkout', async () => {
    const git = (...args: string[]) => execa('git', args, { cwd: cairn.home });
    await git('init', '-q', '-b', 'main');
    await git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-q', '--allow-empty', '-m', 'x');
    const { stdout: sha } = await git('rev-parse', 'HEAD');

    await cairn.run(['deploy', 'prod', sha.slice(0, 8)]);
    await cairn.run(['deploy', 'prod', 'main']);
    const unknown = await cairn.run(['deploy', 'prod', '--', '--upload-pack=x']);

    expect(host.asked).toMatchObject([{ commit: sha }, { commit: sha }]);
    expect(unknown.code).toBe(2);
  });
});

describe('which repository', () => {
  beforeEach(() => {
    host.repositories.push('acme/other');
  });

  it('is that of the checkout', async () => {
    await execa('git', ['init', '-q'], { cwd: cairn.home });
    await execa('git', ['remote', 'add', 'origin', 'git@github.com:Acme/other.git'], { cwd: cairn.home });

    await cairn.run(['rollback', 'prod']);

    expect(host.asked).toMatchObject([{ repository: 'acme/other' }]);
  });

  it('has to be said where it could be several', async () => {
    const { code, err } = await cairn.run(['rollback', 'prod']);

    expect(code).toBe(2);
    expect(err).toContain('--repository: acme/shop, acme/other');
  });
});

describe('server and token', () => {
  it('that are not there are said', async () => {
    const { code, err } = await cairn.run(['status', '--server', 'http://127.0.0.1:1']);

    expect(code).toBe(4);
    expect(err).toContain('cairn serve');
  });

  it('that do not fit are said, without the token', async () => {
    const { code, err } = await cairn.run(['status', '--token', 'wrong-token-of-somebody']);

    expect(code).toBe(3);
    expect(err).toContain('refuses the token');
    expect(err).not.toContain('wrong-token-of-somebody');
  });

  it('come from the data folder of this machine', async () => {
    await mkdir(path.join(cairn.home, '.cairn'));
    await writeFile(path.join(cairn.home, '.cairn', 'admin.token'), `${ADMIN}\n`, { mode: 0o600 });

    const { code } = await cairn.run(['runs'], { env: { HOME: cairn.home, CAIRN_SERVER: server.url } });

    expect(code).toBe(0);
  });

  it('of this machine are sent to no other', async () => {
    const data = path.join(cairn.home, 'data');
    await mkdir(data);
    await writeFile(path.join(data, 'admin.token'), ADMIN);
    // On Linux the same machine by another name than loopback's.
    const elsewhere = server.url.replace('127.0.0.1', '0.0.0.0');

    const { code, err } = await cairn.run(['runs', '--server', elsewhere, '--data', data], {
      env: { HOME: cairn.home },
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
    const { code, err } = await cairn.run(args);

    expect(code).toBe(2);
    expect(err).not.toBe('');
    expect(err).not.toContain('    at ');
  });

  it('says which version it is', async () => {
    expect(await cairn.run(['--version'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
  });

  it('helps', async () => {
    const { code, out } = await cairn.run(['--help']);

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
