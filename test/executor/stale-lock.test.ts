import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Bench, createBench, planJob, prepare, run } from './support.ts';

/** terraform's `http` backend, with its locks: a state that nobody has written, and who holds the lock. */
interface Backend {
  url: string;
  holder: { ID: string } | null;
  server: Server;
}

let bench: Bench;
let backend: Backend;

beforeAll(async () => {
  bench = await createBench();
});

afterAll(() => bench.end());

beforeEach(async () => {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString('utf8');
    const id = body === '' ? '' : (JSON.parse(body) as { ID: string }).ID;
    if (request.method === 'LOCK') {
      response.statusCode = backend.holder ? 423 : 200;
      if (!backend.holder) backend.holder = JSON.parse(body) as { ID: string };
      response.end(JSON.stringify(backend.holder));
    } else if (request.method === 'UNLOCK') {
      // force-unlock sends no body with this backend; the id was compared by terraform before.
      if (id === '' || id === backend.holder?.ID) backend.holder = null;
      response.end();
    } else {
      response.statusCode = 404;
      response.end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  backend = { server, holder: null, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/state` };
});

afterEach(() => new Promise((resolve) => backend.server.close(resolve)));

function source(): Record<string, string> {
  return {
    'main.tf': `terraform {
  backend "http" {
    address        = "${backend.url}"
    lock_address   = "${backend.url}"
    unlock_address = "${backend.url}"
    retry_max      = 0
  }
}
resource "terraform_data" "it" {}
`,
  };
}

const DEAD = {
  ID: '11111111-2222-3333-4444-555555555555',
  Operation: 'OperationTypeApply',
  Who: 'cairn-run-1-apply-1',
  Created: '2026-01-01T00:00:00Z',
};

/** Of its time in seconds it waits the half for a lock. */
async function plan(unlock: string | null, timeout = 60) {
  const { project } = planJob();
  const job = planJob({ unlock, timeout, project: { ...project, state: { kind: 'own' } } });
  return run(bench, await prepare(bench, job, source()));
}

test('a lock that a dead job of ours left is taken away before the plan', async () => {
  backend.holder = DEAD;

  const done = await plan(DEAD.ID);

  expect(done.result).toMatchObject({ status: 'ok' });
  expect(backend.holder).toBe(null);
});

test('a lock that is not ours is never touched: the plan waits for it, and fails', async () => {
  backend.holder = { ...DEAD, ID: '99999999-0000-0000-0000-000000000000' };

  const done = await plan(null, 20);

  expect(done.result.status).toBe('failed');
  expect(backend.holder?.ID).toMatch(/^99999999/);
});
