import { describe, expect, it } from 'vitest';
import {
  Conflict,
  ForgeRefused,
  InvalidConfig,
  InvalidInput,
  NotAllowed,
  NotFound,
  Unavailable,
} from '../../core/errors.ts';
import { asking } from './asking.ts';
import { ADMIN } from './host.ts';
import { REPOSITORY } from './story.ts';

const on = asking();

describe('a request', () => {
  it('is done with the login that was verified and the key that was given', async () => {
    const response = await on.ask({ command: 'deploy', environment: 'prod', retry: true }, 'gh-alice', {
      'idempotency-key': 'k-1',
    });

    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      repository: REPOSITORY,
      started: ['0123456789abcdef0123'],
      urls: { '0123456789abcdef0123': 'http://cairn.test/runs/0123456789abcdef0123' },
    });
    expect(on.host.asked).toEqual([
      {
        command: 'deploy',
        repository: REPOSITORY,
        environment: 'prod',
        retry: true,
        origin: { source: 'api', login: 'alice', trigger: 'api-alice-k-1' },
      },
    ]);
  });

  it('without a key is one of its own each time', async () => {
    await on.ask({ command: 'rollback', environment: 'prod' });
    await on.ask({ command: 'rollback', environment: 'prod' });

    const triggers = on.host.asked.map(({ origin }) => origin.trigger);
    expect(new Set(triggers).size).toBe(2);
  });

  it('to plan a pull request counts as asked for a commit only if it names one', async () => {
    await on.ask({ command: 'plan', pull: 4 });
    await on.ask({ command: 'plan', pull: 4, commit: 'c'.repeat(40) });

    expect(on.host.asked).toMatchObject([{ asked: false }, { asked: true, commit: 'c'.repeat(40) }]);
  });

  it.each([
    ['no JSON', '{'],
    ['an unknown command', { command: 'closed', pull: 4 }],
    ['an unknown key', { command: 'deploy', environment: 'prod', force: true }],
    [
      'a login of its own',
      { command: 'approve', environment: 'prod', digest: '3f2a91c', origin: { login: 'bob' } },
    ],
    ['a branch', { command: 'deploy', environment: 'prod', branch: 'main' }],
    ['a push', { command: 'push', branch: 'main', before: 'a'.repeat(40), commit: 'b'.repeat(40) }],
    ['a bad commit', { command: 'deploy', environment: 'prod', commit: '--upload-pack=x' }],
    ['a bad environment', { command: 'deploy', environment: '../prod' }],
    ['a bad digest', { command: 'approve', environment: 'prod', digest: 'latest' }],
    ['no environment', { command: 'deploy' }],
  ])('with %s is refused', async (_, body) => {
    const response = await on.ask(body);

    expect(response.status).toBe(400);
    expect(on.host.asked).toEqual([]);
  });

  it('that is mistaken hears what and where, in words that a terminal can show', async () => {
    const response = await on.ask({ command: 'approve', environment: 'prod', digest: 'xyz' });

    expect(await response.json()).toEqual({
      error: 'InvalidInput',
      message: 'digest: a digest is 7 to 64 hexadecimal digits',
    });
  });

  it.each(['', 'with space', 'x'.repeat(151)])('with the key "%s" is refused', async (key) => {
    const response = await on.ask({ command: 'deploy', environment: 'prod' }, ADMIN, {
      'idempotency-key': key,
    });

    expect(response.status).toBe(400);
  });

  it('that is too large is refused', async () => {
    const response = await on.ask({ command: 'reject', environment: 'prod', reason: 'x'.repeat(70_000) });

    expect(response.status).toBe(413);
  });

  it('for a repository that is not watched is refused', async () => {
    const response = await on.ask({ command: 'deploy', environment: 'prod', repository: 'evil/twin' });

    expect(response.status).toBe(404);
  });

  it('has to name the repository where several are watched', async () => {
    on.host.repositories.push('acme/other');

    const response = await on.ask({ command: 'deploy', environment: 'prod' });

    expect(response.status).toBe(400);
    expect(await response.text()).toContain('acme/other');
  });

  it.each([
    [new InvalidInput('bad'), 400],
    [new InvalidConfig(['cairn.yaml:1:1: bad']), 400],
    [new NotAllowed('no'), 403],
    [new NotFound('none'), 404],
    [new Conflict('taken'), 409],
    [new ForgeRefused('no permission'), 502],
    [new Unavailable('later'), 503],
  ])('that ends in %s says so', async (error, status) => {
    on.host.request = async () => Promise.reject(error);

    const response = await on.ask({ command: 'deploy', environment: 'prod' });

    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: error.name, message: error.message });
  });

  it('that meets a bug says nothing of its insides', async () => {
    on.host.request = async () => Promise.reject(new Error('the password is hunter2'));

    const response = await on.ask({ command: 'deploy', environment: 'prod' });

    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('hunter2');
    expect(JSON.stringify(on.host.logged)).not.toContain('hunter2');
    expect(on.host.logged).toContainEqual(
      expect.objectContaining({ level: 'error', message: 'request failed' }),
    );
  });
});

describe('a request of each kind', () => {
  it.each([
    [
      {
        command: 'ephemeral',
        ref: 'feature/x',
        ttl: '8h',
        name: 'demo',
        projects: ['app'],
        email: 'a@example.com',
      },
    ],
    [{ command: 'ephemeral', pull: 7 }],
    [{ command: 'extend', environment: 'eph-demo', ttl: '4h' }],
    [{ command: 'extend', environment: 'eph-demo', at: 'never' }],
    [{ command: 'destroy', environment: 'prod', confirm: 'prod' }],
    [{ command: 'run', environment: 'prod', project: 'app', args: ['state', 'list'] }],
    [{ command: 'drift', environment: 'prod' }],
    [{ command: 'freeze', environment: 'prod', reason: 'sale', until: '2026-12-01T18:00Z' }],
    [{ command: 'unfreeze', environment: 'prod' }],
    [{ command: 'deploy', environment: 'prod', despiteFreeze: true }],
    [{ command: 'rollback', environment: 'prod', despiteFreeze: true }],
  ])('%j is taken as it is, in the name of the caller', async (body) => {
    const response = await on.ask(body, 'gh-alice', { 'idempotency-key': 'k' });

    const origin = { source: 'api', login: 'alice', trigger: 'api-alice-k' };
    expect(response.status).toBe(200);
    expect(on.host.asked).toMatchObject([{ ...body, repository: REPOSITORY, origin }]);
  });

  it.each([
    ['of nothing to make one of', { command: 'ephemeral', name: 'demo' }, 'what it is made of'],
    ['of an automatic one', { command: 'ephemeral', ref: 'x', automatic: true }, 'automatic'],
    ['of a ref that is none', { command: 'ephemeral', ref: '--upload-pack=x' }, 'ref'],
    ['of a mail that is none', { command: 'ephemeral', ref: 'x', email: 'nobody' }, 'email'],
    ['of two ends', { command: 'extend', environment: 'eph-x', ttl: '4h', at: 'never' }, 'either'],
    ['of no end', { command: 'extend', environment: 'eph-x' }, 'either'],
    ['of a reason of its own', { command: 'destroy', environment: 'eph-x', reason: 'time' }, 'reason'],
    ['of no words', { command: 'run', environment: 'prod', project: 'app', args: [] }, 'args'],
    ['of a shell line', { command: 'run', environment: 'prod', project: 'app', args: 'state list' }, 'args'],
    ['in no environment', { command: 'run', pull: 7, project: 'app', args: ['output'] }, 'environment'],
    ['of drift nowhere', { command: 'drift', pull: 7 }, 'environment'],
    ['without a reason', { command: 'freeze', environment: 'prod', reason: '' }, 'reason'],
    ['of a warning', { command: 'warn', environment: 'eph-x', endsAt: 'now' }, 'command'],
    ['of single projects', { command: 'deploy', environment: 'prod', projects: ['app'] }, 'projects'],
    [
      'of a replacement past the allowlist',
      { command: 'deploy', environment: 'prod', replace: ['a.b'] },
      'replace',
    ],
    ['answered elsewhere', { command: 'drift', environment: 'prod', origin: { login: 'bob' } }, 'origin'],
  ])('%s is refused by name', async (_, body, named) => {
    const response = await on.ask(body);

    expect(response.status).toBe(400);
    expect(await response.text()).toContain(named);
    expect(on.host.asked).toEqual([]);
  });

  it('needs write access, whatever is asked', async () => {
    const response = await on.ask({ command: 'destroy', environment: 'eph-demo' }, 'gh-rita');

    expect(response.status).toBe(403);
    expect(on.host.asked).toEqual([]);
  });
});
