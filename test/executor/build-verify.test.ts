import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Bench,
  buildJob,
  createBench,
  finish,
  out,
  prepare,
  run,
  start,
  until,
  verifyJob,
} from './support.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await createBench();
});
afterAll(() => bench.end());

describe('build', () => {
  it('answers its outputs, and shows none of its secrets', async () => {
    const script =
      'echo "building with $KEY"; echo "image=app:$VERSION-$CAIRN_ENVIRONMENT" >> "$CAIRN_OUTPUT"; echo "key=$KEY" >> "$CAIRN_OUTPUT"; cat lib/a.txt';
    const job = buildJob(['sh', '-c', script], { secrets: ['KEY'], variables: { VERSION: '7' } });
    const inputs = { 'secrets.json': JSON.stringify({ KEY: 'build-secret', OTHER: 'not-named' }) };

    const ran = await run(bench, await prepare(bench, job, { 'lib/a.txt': 'from the source' }, inputs), {
      WEBHOOK_SECRET: 'of-the-server',
    });

    expect(ran.result).toMatchObject({ status: 'ok', outputs: { image: 'app:7-prod', key: '(sensitive)' } });
    expect(ran.log).toContain('building with (sensitive)');
    expect(ran.log).toContain('from the source');
    expect(ran.code).toBe(0);
  });

  it('fails with its last lines', async () => {
    const ran = await run(
      bench,
      await prepare(bench, buildJob(['sh', '-c', 'echo no such image >&2; exit 4']), {}),
    );

    expect(ran.result).toMatchObject({
      status: 'failed',
      error: expect.stringMatching(/ended with code 4[\s\S]*no such image/),
    });
  });

  it('fails for a program that is not there, and for outputs that are none', async () => {
    const missing = await run(bench, await prepare(bench, buildJob(['no-such-program']), {}));
    const writes = (line: string) => buildJob(['sh', '-c', `echo "${line}" > "$CAIRN_OUTPUT"`]);
    const odd = await run(bench, await prepare(bench, writes('odd'), {}));
    const ours = await run(bench, await prepare(bench, writes('cairn_state=$CAIRN_ENVIRONMENT'), {}));

    expect(missing.result).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('no-such-program'),
    });
    expect(odd.result).toMatchObject({ status: 'failed', error: '$CAIRN_OUTPUT, line 1: not NAME=value.' });
    expect(ours.result).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('variables that start with "cairn_" are set by Cairn itself'),
    });
  });
});

describe('verify', () => {
  let server: Server;
  let url: string;
  let asked = 0;
  beforeAll(async () => {
    server = createServer((request, response) => {
      asked += 1;
      if (request.url === '/teapot') response.writeHead(418).end();
      else if (request.url === '/moved') response.writeHead(302, { location: '/' }).end();
      else if (request.url === '/later' && asked < 3) response.writeHead(503).end();
      else response.end('well');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  it.each([
    ['/', undefined, 'ok'],
    ['/teapot', undefined, 'failed'],
    ['/teapot', 418, 'ok'],
    ['/moved', undefined, 'ok'],
    ['/moved', 302, 'ok'],
  ])('asks %s for status %s: %s', async (path, status, wanted) => {
    const check = { kind: 'http' as const, url: url + path, ...(status ? { status } : {}) };

    const ran = await run(bench, await prepare(bench, verifyJob(check), null));

    expect(ran.result.status).toBe(wanted);
  });

  it('tries again until it passes', async () => {
    asked = 0;
    const job = verifyJob({ kind: 'http', url: `${url}/later` }, { attempts: 5, interval: 0.05 });

    const ran = await run(bench, await prepare(bench, job, null));

    expect(ran.result.status).toBe('ok');
    expect(asked).toBe(3);
    expect(ran.log).toContain('Attempt 2 of 5:');
  });

  it('says what was wrong the last time', async () => {
    const job = verifyJob({ kind: 'http', url: 'http://127.0.0.1:9/' }, { attempts: 2 });

    const ran = await run(bench, await prepare(bench, job, null));

    expect(ran.result).toMatchObject({
      status: 'failed',
      error: expect.stringMatching(/Each of 2 checks failed.*cannot be reached/),
    });
  });

  it('runs a command of the repository', async () => {
    const files = { 'checks/try.sh': 'test -f marker && echo found', 'checks/marker': '' };
    const job = (name: string) => verifyJob({ kind: 'command', command: ['sh', name], dir: 'checks' });

    const good = await run(bench, await prepare(bench, job('try.sh'), files));
    const bad = await run(bench, await prepare(bench, job('missing.sh'), files));

    expect(good.result.status).toBe('ok');
    expect(good.log).toContain('found');
    expect(bad.result).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('sh ended with code'),
    });
  });

  it('stops between two attempts', async () => {
    const prepared = await prepare(
      bench,
      verifyJob({ kind: 'http', url: 'http://127.0.0.1:9/' }, { attempts: 3, interval: 60 }),
      null,
    );
    const child = start(bench, prepared);
    await until(
      'the first attempt',
      () =>
        existsSync(join(prepared.dir, 'out/log.txt')) &&
        out(prepared, 'log.txt').then((log) => log.includes('Attempt 1')),
    );

    child.kill('SIGTERM');

    expect((await finish(child, prepared)).result.status).toBe('interrupted');
  });
});
