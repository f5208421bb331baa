import { afterAll, beforeAll, expect, test } from 'vitest';
import { githubForge } from '../../../adapters/github/github-forge.ts';
import { InvalidInput, NotFound } from '../../../core/errors.ts';
import type { FailedDelivery, Redelivery } from '../../../core/ports.ts';
import { REPOSITORY, startTestForge, type TestForge } from '../../support/forge.ts';
import { type Receiver, startReceiver } from '../../support/forge-receiver.ts';
import { until } from '../../support/until.ts';

const SECRET = 'a secret of more than 32 characters';
const EVER = new Date(0);
let forge: TestForge;
let receiver: Receiver;
/** Each look at it is two minutes after the last one: the list of an App is kept for one. */
let passed = 0;
const clock = { now: () => new Date(Date.now() + 120_000 * passed++) };

beforeAll(async () => {
  forge = await startTestForge();
  receiver = await startReceiver();
  forge.forge.addHook(REPOSITORY, { url: receiver.url, secret: SECRET });
  await receiver.wait(({ event }) => event === 'ping');
});

afterAll(async () => {
  await forge.close();
  await receiver.close();
});

test.each([
  ['a repository’s hook, by a token', 'alice'],
  ['the webhook of an App', 'app'],
] as const)('what %s could not hand over is listed until it came', async (_, who) => {
  const { redelivery } = await forge.adapter(who, { webhookUrl: () => receiver.url, clock });
  const bob = await forge.clone('bob');
  const at = receiver.received.length;
  receiver.answers.push(404, 404);
  await bob.commit('One', { [`${who}.tf`]: 'a = 1\n' });
  await bob.push(`branch-${who}`);

  const [missed] = await seen(redelivery, (failed) => failed.length > 0);
  await redelivery.again(REPOSITORY, missed?.id ?? '');
  const [again, ...more] = await seen(redelivery, ([first]) => first?.id !== missed?.id);
  await redelivery.again(REPOSITORY, again?.id ?? '');
  await seen(redelivery, (failed) => failed.length === 0);

  const guids = receiver.received.slice(at).map(({ headers }) => headers['x-github-delivery']);
  expect(missed).toMatchObject({ event: 'push', guid: guids[0] });
  expect([again?.guid, more]).toEqual([missed?.guid, []]);
  expect(guids).toEqual([guids[0], guids[0], guids[0]]);
});

test('what was not for this Cairn is not its business, by a token', async () => {
  const other = await startReceiver();
  other.answers.push(404);
  forge.forge.addHook(REPOSITORY, { url: other.url, secret: SECRET });
  const all = (await forge.adapter('alice', { webhookUrl: () => other.url })).redelivery;
  const own = (await forge.adapter('alice', { webhookUrl: () => receiver.url })).redelivery;

  const theirs = await seen(all, (failed) => failed.length > 0);
  const ours = await own.failed(REPOSITORY, EVER);
  await other.close();

  expect([theirs.map(({ event }) => event), ours]).toEqual([['ping'], []]);
});

test('a token without the right is told that there are no hooks', async () => {
  const { redelivery } = await forge.adapter('bob', { webhookUrl: () => receiver.url });

  await expect(redelivery.failed(REPOSITORY, EVER)).rejects.toBeInstanceOf(NotFound);
});

test('where nobody knows its address no hook is its own', async () => {
  const { redelivery } = await forge.adapter('alice');

  expect(await redelivery.failed(REPOSITORY, EVER)).toEqual([]);
});

test('an id that is none is not sent to GitHub', async () => {
  for (const who of ['alice', 'app'] as const) {
    const { redelivery } = await forge.adapter(who);

    await expect(redelivery.again(REPOSITORY, '../../x')).rejects.toBeInstanceOf(InvalidInput);
  }
});

const SINCE = new Date('2026-01-01T00:00:00Z');
const attempt = (id: string, guid: string, at: string, status: number, redelivery = false) =>
  `{"id":${id},"guid":"${guid}","delivered_at":"2026-01-${at}:00:00Z","redelivery":${redelivery},"duration":0.1,"status":"x","status_code":${status},"event":"push","action":null,"installation_id":null,"repository_id":1}`;

test('pages are read as far as the window goes; what counts is the first attempt and any success', async () => {
  const pages = [
    [
      attempt('9007199254740993', 'unreached', '03T12', 0, true),
      attempt('8', 'late success', '03T10', 202, true),
      attempt('7', 'for ever', '03T09', 500, true),
    ],
    [
      attempt('6', 'unreached', '02T12', 0),
      attempt('5', 'moved', '02T11', 302),
      attempt('4', 'late success', '02T10', 500),
    ],
    [attempt('3', 'first', '01T00', 503), attempt('2', 'too old', '00T00', 500)],
    [attempt('1', 'never read', '02T00', 500)],
  ];
  const asked: string[] = [];
  const { redelivery } = fakeGithub((path, url) => {
    asked.push(path);
    if (path.endsWith('/hooks')) return [HOOKS];
    const page = Number(url.searchParams.get('cursor') ?? 0);
    const next = `<${url.origin}${url.pathname}?per_page=100&cursor=${page + 1}>; rel="next"`;
    return [`[${pages[page]?.join(',').replace('2026-01-00T00', '2025-12-31T23')}]`, next];
  });

  const failed = await redelivery.failed(REPOSITORY, SINCE);
  await redelivery.again(REPOSITORY, failed[2]?.id ?? '');

  expect(failed.map(({ guid, id, at }) => `${guid} ${id} ${at}`)).toEqual([
    'first 7/3 2026-01-01T00:00:00.000Z',
    'moved 7/5 2026-01-02T11:00:00.000Z',
    'unreached 7/9007199254740993 2026-01-02T12:00:00.000Z',
  ]);
  expect(asked.filter((path) => path.endsWith('/deliveries'))).toHaveLength(3);
  expect(asked.at(-1)).toBe('/repos/acme/shop/hooks/7/deliveries/9007199254740993/attempts');
});

const HOOKS = JSON.stringify([
  { id: 5, active: true, config: { url: 'https://elsewhere.example/webhook' } },
  { id: 6, active: false, config: { url: 'https://cairn.example/webhook' } },
  { id: 7, active: true, config: { url: 'https://cairn.example/webhook' } },
]);

/** Answers body and Link header. */
function fakeGithub(answer: (path: string, url: URL) => [string, string?]) {
  return githubForge({
    baseUrl: 'https://api.github.test',
    auth: { token: 't' },
    clock: { now: () => new Date() },
    webhookUrl: () => 'https://cairn.example/webhook',
    async fetch(input) {
      const url = new URL(String(input));
      const [body, link] = answer(url.pathname, url);
      const headers = { 'content-type': 'application/json', ...(link === undefined ? {} : { link }) };
      return new Response(body, { headers });
    },
  });
}

/** The forge sends in the background: looks until it is so. */
async function seen(redelivery: Redelivery, fits: (failed: FailedDelivery[]) => boolean) {
  return until('what failed to become what it should', async () => {
    const failed = await redelivery.failed(REPOSITORY, EVER);
    return fits(failed) && failed;
  });
}
