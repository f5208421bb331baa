import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startServer } from '../../local/server.ts';
import { memoryPorts } from '../support/fakes/index.ts';
import { REPOSITORY } from '../support/memory-world.ts';

test('a forge that does not answer does not hold up the end of the server, and loses nothing by it', async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'cairn-close-'));
  await chmod(dir, 0o711);
  const ports = memoryPorts();
  ports.repository.push('main', { 'cairn.yaml': 'environments: { prod: { branch: main } }\n' });
  let asked = 0;
  const deaf = {
    ...ports.reports,
    check: () => {
      asked += 1;
      return new Promise<string>(() => undefined);
    },
  };
  const start = (reports: typeof ports.reports) =>
    startServer({
      data: path.join(dir, 'data'),
      host: '127.0.0.1',
      port: 0,
      githubUrl: 'http://127.0.0.1:9',
      github: { kind: 'token', token: 'none' },
      webhookSecret: 'a secret of at least thirty-two characters',
      repositories: [REPOSITORY],
      slackToken: null,
      concurrency: 1,
      providerMirror: null,
      publicUrl: null,
      pages: 'open',
      binaries: [{ name: 'terraform', path: process.execPath, version: '1.11.4' }],
      forge: { ...ports, reports, self: async () => 'cairn[bot]' },
      log: () => undefined,
    });
  // Its first look at the heads finds the push.
  const first = await start({ ...ports.reports, ...deaf });
  while (asked === 0) await sleep(10);
  const began = Date.now();

  await first.close();
  const took = Date.now() - began;
  const second = await start(ports.reports);
  await second.host.stores.outbox.drained();
  while ((await second.host.ports.locks.held()).length > 0) await sleep(10);
  await second.host.stores.outbox.drained();
  await second.close();
  await rm(dir, { recursive: true, force: true });

  expect(took).toBeLessThan(10_000);
  expect([...ports.reports.checks.values()].map(({ name }) => name)).toContain('cairn: deploy prod');
});
