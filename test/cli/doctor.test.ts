import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkBinaries, checkIsolation, checkNode } from '../../cli/doctor-machine.ts';
import type { Finding } from '../../cli/findings.ts';
import { type Program, program } from './program.ts';

/** What a little GitHub answers: path -> status, body, headers. */
type Answers = Record<string, { status?: number; body: unknown; headers?: Record<string, string> }>;

let cairn: Program;
let github: Server;
let answers: Answers;
let url: string;
beforeEach(async () => {
  cairn = await program();
  answers = {};
  github = createServer((request, response) => {
    const answer = answers[request.url ?? ''] ?? { status: 404, body: { message: 'Not Found' } };
    const signed = /^(token good|bearer eyJ)/.test(request.headers.authorization ?? '');
    response.writeHead(signed ? (answer.status ?? 200) : 401, {
      'content-type': 'application/json',
      ...answer.headers,
    });
    response.end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => github.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(github.address() as AddressInfo).port}`;
});
afterEach(async () => {
  await cairn.close();
  github.closeAllConnections();
  await new Promise((resolve) => github.close(resolve));
});

const terraform = async () => [{ name: 'terraform', version: '1.11.4', path: '/usr/bin/terraform' }];

async function examine(args: string[], env: Record<string, string> = {}) {
  const said = await cairn.run(['doctor', '--json', '--github-url', url, ...args], {
    modules: { findBinaries: terraform },
    env: { HOME: cairn.home, PATH: process.env['PATH'], ...env },
  });
  const { findings } = JSON.parse(said.out) as { findings: Finding[] };
  return { ...said, of: (name: string) => findings.find((finding) => finding.name === name) };
}

const GOOD = ['--webhook-secret', 'x'.repeat(32), '--repository', 'acme/shop'];

describe('cairn doctor', () => {
  it('finds nothing to mend where all is well', async () => {
    answers['/user'] = { body: { login: 'cairn-bot' }, headers: { 'x-oauth-scopes': 'repo, workflow' } };
    answers['/repos/acme/shop'] = { body: { permissions: { push: true, pull: true } } };

    const { code, of } = await examine([...GOOD, '--github-token', 'good']);

    for (const name of [
      'node',
      'git',
      'terraform',
      'data folder',
      'webhook secret',
      'clock',
      'github',
      'acme/shop',
    ]) {
      expect(of(name), name).toMatchObject({ status: 'ok' });
    }
    expect(code).toBe(0);
  });

  it('says what a token lacks', async () => {
    answers['/user'] = { body: { login: 'cairn-bot' }, headers: { 'x-oauth-scopes': 'read:org' } };
    answers['/repos/acme/shop'] = { body: { permissions: { push: false, pull: true } } };

    const { code, of } = await examine([
      ...GOOD,
      '--github-token',
      'good',
      '--repository',
      'acme/shop',
      'acme/gone',
    ]);

    expect(code).toBe(1);
    expect(of('token')).toMatchObject({ status: 'fail', help: expect.stringContaining('repo') });
    expect(of('acme/shop')).toMatchObject({ status: 'fail', help: expect.stringContaining('write') });
    expect(of('acme/gone')).toMatchObject({ status: 'fail', message: expect.stringContaining('404') });
  });

  it('says what an App lacks', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const keyFile = path.join(cairn.home, 'key.pem');
    await writeFile(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const permissions = { contents: 'write', pull_requests: 'read', metadata: 'read', deployments: 'write' };
    answers['/app'] = { body: { slug: 'cairn', permissions } };
    answers['/repos/acme/shop/installation'] = { body: { id: 1 } };

    const { of } = await examine([...GOOD, '--app-id', '1', '--app-key-file', keyFile]);

    expect(of('permissions')?.message).toMatch(/lacks pull_requests: write .*; checks: write/);
    expect(of('acme/shop')).toMatchObject({ status: 'ok' });
  });

  it('says that a token is refused, and never which', async () => {
    const { out, of } = await examine([...GOOD, '--github-token', 'bad-token-of-somebody']);

    expect(of('github')).toMatchObject({ status: 'fail', message: expect.stringContaining('401') });
    expect(out).not.toContain('bad-token-of-somebody');
  });

  it('says that nothing answers', async () => {
    const { of } = await examine([...GOOD, '--github-token', 'good', '--github-url', 'http://127.0.0.1:1']);

    expect(of('github')).toMatchObject({
      status: 'fail',
      message: expect.stringContaining('does not answer'),
    });
  });

  it('sees a clock that is wrong', async () => {
    answers['/user'] = {
      body: { login: 'x' },
      headers: { date: new Date(Date.now() - 300_000).toUTCString() },
    };

    const { of } = await examine([...GOOD, '--github-token', 'good']);

    expect(of('clock')).toMatchObject({
      status: 'fail',
      message: expect.stringMatching(/^(299|300|301) seconds ahead/),
    });
  });

  it('sees what is missing or too short', async () => {
    const { of } = await examine([], { CAIRN_WEBHOOK_SECRET: 'short' });

    expect(of('webhook secret')).toMatchObject({ status: 'fail', help: expect.stringContaining('openssl') });
    expect(of('repositories')).toMatchObject({ status: 'fail' });
    expect(of('github')).toMatchObject({ status: 'fail', help: expect.stringContaining('--github-token') });
  });

  it('sees a data folder that others can write to', async () => {
    const data = path.join(cairn.home, 'data');
    await mkdir(data);
    await chmod(data, 0o777);

    const { of } = await examine([...GOOD, '--data', data]);

    expect(of('data folder')).toMatchObject({ status: 'fail', help: `chmod go-rw ${data}` });
  });

  it('reads well without colours', async () => {
    const { out } = await cairn.run(['doctor', '--github-url', 'http://127.0.0.1:1'], {
      env: { HOME: cairn.home, PATH: process.env['PATH'] },
    });

    expect(out).toMatch(/^warn {2}terraform +There is neither terraform nor tofu/m);
    expect(out).toMatch(/^ok {4}node /m);
    expect(out).not.toContain('\u001b');
  });
});

describe('what doctor says of', () => {
  it.each([
    ['20.17.0', 'fail'],
    ['20.18.0', 'ok'],
    ['24.1.0', 'ok'],
  ])('node %s is %s', (version, status) => {
    expect(checkNode(version).status).toBe(status);
  });

  it.each([
    [0, 'ok'],
    [1000, 'warn'],
  ])('user %i is %s', (uid, status) => {
    expect(checkIsolation(uid).status).toBe(status);
  });

  it('several binaries names each', () => {
    const found = [
      { name: 'terraform', version: '1.11.4', path: '/a' },
      { name: 'tofu', version: '1.9.0', path: '/b' },
    ];
    expect(checkBinaries(found).message).toBe('terraform 1.11.4, tofu 1.9.0');
  });
});
