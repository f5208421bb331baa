import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ServeFlags, serveOptions } from '../../cli/serve-options.ts';
import { InvalidInput } from '../../core/errors.ts';

const SECRET = 'x'.repeat(32);
const GOOD: ServeFlags = { githubToken: 'ghp_token', webhookSecret: SECRET, repository: ['acme/shop'] };

function refusal(flags: ServeFlags, env = {}): string {
  try {
    serveOptions(flags, env);
  } catch (error) {
    if (error instanceof InvalidInput) return error.message;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('the options of cairn serve', () => {
  it('have defaults', () => {
    expect(serveOptions(GOOD, { HOME: '/home/ada' })).toMatchObject({
      data: '/home/ada/.cairn',
      host: '127.0.0.1',
      port: 8474,
      githubUrl: 'https://api.github.com',
      github: { kind: 'token', token: 'ghp_token' },
      webhookSecret: SECRET,
      repositories: ['acme/shop'],
      slackToken: null,
      providerMirror: null,
      publicUrl: null,
      pages: 'open',
    });
  });

  it('come from the environment where no flag is given, and an empty variable is none', () => {
    const env = {
      CAIRN_DATA: '/srv/cairn',
      CAIRN_HOST: '0.0.0.0',
      CAIRN_PORT: '80',
      CAIRN_GITHUB_URL: 'https://github.example/api/v3/',
      CAIRN_APP_ID: '12',
      CAIRN_APP_KEY_FILE: '/etc/key.pem',
      CAIRN_GITHUB_TOKEN: '',
      CAIRN_WEBHOOK_SECRET: SECRET,
      CAIRN_REPOSITORIES: 'acme/shop, acme/other\nacme/shop',
      CAIRN_PUBLIC_URL: 'https://cairn.example/',
    };

    const options = serveOptions({ port: '81' }, env);

    expect(options).toMatchObject({
      data: '/srv/cairn',
      host: '0.0.0.0',
      port: 81,
      githubUrl: 'https://github.example/api/v3',
      github: { kind: 'app', appId: '12', keyFile: '/etc/key.pem' },
      repositories: ['acme/shop', 'acme/other'],
      publicUrl: 'https://cairn.example',
      pages: 'token',
    });
  });

  it('make a relative data folder absolute', () => {
    expect(serveOptions({ ...GOOD, data: 'here' }, {}).data).toBe(path.resolve('here'));
  });

  it.each<[string, ServeFlags, string]>([
    ['no webhook secret', { ...GOOD, webhookSecret: undefined as never }, 'CAIRN_WEBHOOK_SECRET'],
    ['a short webhook secret', { ...GOOD, webhookSecret: 'x'.repeat(31) }, 'openssl rand -hex 32'],
    ['no repository', { ...GOOD, repository: [] }, '--repository'],
    ['a bad repository', { ...GOOD, repository: ['shop'] }, 'owner/name'],
    ['no way to sign in', { webhookSecret: SECRET, repository: ['a/b'] }, '--github-token'],
    ['two ways to sign in', { ...GOOD, appId: '1', appKeyFile: 'k' }, 'not both'],
    ['an App without a key', { webhookSecret: SECRET, repository: ['a/b'], appId: '1' }, '--app-key-file'],
    ['a bad port', { ...GOOD, port: 'many' }, '--port'],
    ['a port too high', { ...GOOD, port: '65536' }, '--port'],
    ['a bad address', { ...GOOD, githubUrl: 'ftp://x' }, '--github-url'],
    ['no concurrency', { ...GOOD, concurrency: '0' }, '--concurrency'],
  ])('with %s are refused, saying what to do', (_, flags, what) => {
    expect(refusal(flags)).toContain(what);
  });

  it('never show a secret that is refused', () => {
    const message = refusal({ ...GOOD, webhookSecret: 'too-short-secret', slackToken: 'not-a-slack-token' });

    expect(message).toContain('--slack-token');
    expect(message).not.toContain('too-short-secret');
    expect(message).not.toContain('not-a-slack-token');
  });

  it.each([
    ['127.0.0.1', undefined, 'open'],
    ['localhost', 'http://localhost:8474', 'open'],
    ['::1', undefined, 'open'],
    ['0.0.0.0', undefined, 'token'],
    ['10.0.0.5', undefined, 'token'],
    // A proxy of this machine lets others in.
    ['127.0.0.1', 'https://cairn.example', 'token'],
  ])('listening on %s as %s show pages to %s', (host, publicUrl, pages) => {
    expect(serveOptions({ ...GOOD, host, ...(publicUrl ? { publicUrl } : {}) }, {}).pages).toBe(pages);
  });
});
