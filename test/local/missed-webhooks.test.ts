import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Server, startServer } from '../../local/server.ts';
import { REPOSITORY, startTestForge, type TestForge } from '../support/forge.ts';
import { startReceiver } from '../support/forge-receiver.ts';
import { until } from '../support/until.ts';

const SECRET = 'a webhook secret of more than 32 characters';
let forge: TestForge;
let dir: string;
let server: Server | null;
const logged: string[] = [];

beforeEach(async () => {
  logged.length = 0;
  server = null;
  dir = await mkdtemp(path.join(tmpdir(), 'cairn-missed-'));
  await chmod(dir, 0o711);
  forge = await startTestForge({ files: { 'README.md': '# Shop\n' } });
});

afterEach(async () => {
  await server?.close();
  await forge.close();
  await rm(dir, { recursive: true, force: true });
});

test('what came while no server was there is fetched when it starts', async () => {
  const { port, guid } = await pushWhileAway();
  const app = await forge.forge.addApp('cairn');
  const keyFile = path.join(dir, 'app.pem');
  await writeFile(keyFile, app.privateKey, { mode: 0o600 });

  server = await start(port, { kind: 'app', appId: String(app.appId), keyFile });

  await until(logAnd('its redelivery'), async () => (await statusesOf(guid)).includes(202));
  expect(logged).toContain('info webhooks that never came were asked for');
});

test('by a token it is the hook that points at this server', async () => {
  const { port, guid } = await pushWhileAway();

  server = await start(port, { kind: 'token', token: 'alice-token' });

  await until(logAnd('its redelivery'), async () => (await statusesOf(guid)).includes(202));
});

test('a token that may not see webhooks is told of once', async () => {
  const { port } = await pushWhileAway();

  server = await start(port, { kind: 'token', token: 'bob-token' });

  const told = 'warn webhooks that never came cannot be fetched';
  await until(logAnd('the warning'), () => logged.includes(told));
});

/** The hook of a server that is not there: something else at its port turns the push down. */
async function pushWhileAway(): Promise<{ port: number; guid: string }> {
  const away = await startReceiver();
  away.answers.push(404, 404, 404);
  forge.forge.addHook(REPOSITORY, { url: away.url, secret: SECRET });
  const bob = await forge.clone('bob');
  await bob.commit('Missed', { 'README.md': '# Shop, changed\n' });
  await bob.push('main');
  const push = await away.wait(({ event }) => event === 'push');
  const guid = String(push.headers['x-github-delivery']);
  await until('the refusal', async () => (await statusesOf(guid)).includes(404));
  await away.close();
  return { port: Number(new URL(away.url).port), guid };
}

type Github = Parameters<typeof startServer>[0]['github'];

function start(port: number, github: Github): Promise<Server> {
  return startServer({
    data: path.join(dir, 'data'),
    host: '127.0.0.1',
    port,
    githubUrl: forge.forge.apiUrl,
    github,
    webhookSecret: SECRET,
    repositories: [REPOSITORY],
    slackToken: null,
    concurrency: 1,
    providerMirror: null,
    publicUrl: null,
    pages: 'open',
    binaries: [{ name: 'terraform', path: process.execPath, version: '1.11.4' }],
    log: (level, message) => void logged.push(`${level} ${message}`),
  });
}

/** What its attempts were answered, as the forge lists them. */
async function statusesOf(guid: string): Promise<number[]> {
  const at = `/repos/${REPOSITORY}/hooks`;
  const [hook] = (await forge.api('alice', 'GET', at)).body as { id: number }[];
  const listed = await forge.api('alice', 'GET', `${at}/${hook?.id}/deliveries`);
  const rows = listed.body as { guid: string; status_code: number }[];
  return rows.filter((row) => row.guid === guid).map(({ status_code: status }) => status);
}

function logAnd(what: string): () => string {
  return () => `${what}; the log says:\n${logged.join('\n')}`;
}
