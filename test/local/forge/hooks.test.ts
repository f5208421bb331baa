import { createHmac } from 'node:crypto';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { signatureVerifier } from '../../../adapters/github/signature.ts';
import { requestFromWebhook } from '../../../core/requests/webhook.ts';
import { type Clone, REPOSITORY, startTestForge, type TestForge } from '../../support/forge.ts';
import { type Received, type Receiver, startReceiver } from '../../support/forge-receiver.ts';

const SECRET = 'a secret of more than 32 characters';
let forge: TestForge;
let receiver: Receiver;
let bob: Clone;

beforeAll(async () => {
  forge = await startTestForge({ files: { 'main.tf': 'a = 1\n' } });
  receiver = await startReceiver();
  forge.forge.addHook(REPOSITORY, {
    url: receiver.url,
    secret: SECRET,
    events: ['push', 'pull_request', 'issue_comment', 'check_run'],
  });
  await receiver.wait(({ event }) => event === 'ping');
  bob = await forge.clone('bob');
});

beforeEach(() => {
  receiver.received.length = 0;
});

afterAll(async () => {
  await forge.close();
  await receiver.close();
});

function ask({ event, headers, payload }: Received) {
  const deliveryId = String(headers['x-github-delivery']);
  return requestFromWebhook({ event, deliveryId, payload }, { self: 'cairn[bot]' });
}

test('a push over git arrives signed and asks for a deploy', async () => {
  const sha = await bob.commit('One', { 'main.tf': 'a = 2\n' });
  await bob.push('main');

  const push = await receiver.wait(({ event }) => event === 'push');
  const verify = signatureVerifier(SECRET);

  expect(await verify(push.body, String(push.headers['x-hub-signature-256']))).toBe(true);
  expect(await verify(push.body, String(push.headers['x-hub-signature']))).toBe(false);
  expect(push.payload).toMatchObject({
    created: false,
    deleted: false,
    forced: false,
    commits: [{ id: sha, message: 'One', modified: ['main.tf'], author: { username: 'bob' } }],
    head_commit: { id: sha },
    pusher: { name: 'bob' },
  });
  expect(ask(push)).toMatchObject([
    { command: 'push', branch: 'main', before: forge.seed, commit: sha, origin: { login: 'bob' } },
  ]);
});

test('a new branch, a force push, a tag and a deletion are told apart', async () => {
  const from = await bob.commit('Two', { 'main.tf': 'a = 3\n' });
  await bob.push('topic');
  await bob.git('commit', '--quiet', '--amend', '--message', 'Two, again');
  await bob.git('push', '--quiet', '--force', 'origin', 'HEAD:refs/heads/topic');
  await bob.git('push', '--quiet', 'origin', 'HEAD:refs/tags/v1');
  await bob.git('push', '--quiet', 'origin', ':refs/heads/topic');
  // They are sent beside each other, and may come in any order.
  const by = (fits: (payload: Record<string, unknown>) => boolean) =>
    receiver.wait(({ event, payload }) => event === 'push' && fits(payload));

  const created = await by(({ created, ref }) => created === true && ref === 'refs/heads/topic');
  const forced = await by(({ forced }) => forced === true);
  const tag = await by(({ ref }) => ref === 'refs/tags/v1');
  const deleted = await by(({ deleted }) => deleted === true);

  expect(ask(created)).toMatchObject([{ before: '0'.repeat(40), commit: from }]);
  expect(forced.payload).toMatchObject({ before: from });
  expect(ask(tag)).toHaveProperty('ignored');
  expect(ask(deleted)).toHaveProperty('ignored');
  await bob.git('reset', '--quiet', '--hard', 'origin/main');
});

test('a pull request is told when opened, moved, commented on and merged; the merge is a push', async () => {
  await bob.git('pull', '--quiet', 'origin', 'main');
  const first = await bob.commit('Three', { 'three.tf': 'a = 1\n' });
  await bob.push('three');
  const made = await forge.api('bob', 'POST', `/repos/${REPOSITORY}/pulls`, {
    title: 'Three',
    head: 'three',
    base: 'main',
  });
  const { number } = made.body as { number: number };
  const opened = await receiver.wait(({ payload }) => payload['action'] === 'opened');
  const second = await bob.commit('Three, more', { 'three.tf': 'a = 2\n' });
  await bob.push('three');
  const moved = await receiver.wait(({ payload }) => payload['action'] === 'synchronize');
  await forge.api('alice', 'POST', `/repos/${REPOSITORY}/issues/${number}/comments`, { body: '/cairn plan' });
  const comment = await receiver.wait(({ event }) => event === 'issue_comment');
  receiver.received.length = 0;
  const merge = await forge.api('alice', 'PUT', `/repos/${REPOSITORY}/pulls/${number}/merge`);
  const push = await receiver.wait(({ payload }) => payload['ref'] === 'refs/heads/main');
  const closed = await receiver.wait(({ payload }) => payload['action'] === 'closed');

  expect(ask(opened)).toMatchObject([{ command: 'plan', pull: number, commit: first }]);
  expect(moved.payload).toMatchObject({ before: first, after: second });
  expect(ask(moved)).toMatchObject([{ command: 'plan', pull: number, commit: second }]);
  expect(ask(comment)).toMatchObject([
    { command: 'plan', pull: number, asked: true, origin: { login: 'alice' } },
  ]);
  expect(ask(push)).toMatchObject([{ branch: 'main', commit: (merge.body as { sha: string }).sha }]);
  expect(closed.payload).toMatchObject({ pull_request: { merged: true, merged_by: { login: 'alice' } } });
});

test('what the forge sends has the types that GitHub’s own payloads have', async () => {
  await bob.git('pull', '--quiet', 'origin', 'main');
  await bob.commit('Shapes', { 'shapes.tf': 'a = 1\n' });
  await bob.push('shapes');
  const pull = { title: 'Shapes', head: 'shapes', base: 'main' };
  const made = await forge.api('bob', 'POST', `/repos/${REPOSITORY}/pulls`, pull);
  const { number, head } = made.body as { number: number; head: { sha: string } };
  await forge.api('bob', 'POST', `/repos/${REPOSITORY}/issues/${number}/comments`, { body: 'Hello' });
  const check = {
    commit: head.sha,
    title: 'x',
    summary: 'x',
    url: '',
    externalId: 'x',
    name: 'x',
    state: 'success',
  } as const;
  await (await forge.adapter('app')).reports.check(REPOSITORY, check, null);
  await forge.api('bob', 'PATCH', `/repos/${REPOSITORY}/pulls/${number}`, { state: 'closed' });
  await receiver.wait(({ event, payload }) => event === 'check_run' && payload['action'] === 'completed');
  await receiver.wait(({ event, payload }) => event === 'pull_request' && payload['action'] === 'closed');
  const examples = createRequire(import.meta.url)('@octokit/webhooks-examples/api.github.com/index.json') as {
    name: string;
    examples: unknown[];
  }[];

  const events = new Set(receiver.received.map(({ event }) => event));
  const odd = receiver.received.flatMap(({ event, payload }) =>
    differences(payload, examples.find(({ name }) => name === event)?.examples ?? [], event),
  );

  expect([...events].sort()).toEqual(['check_run', 'issue_comment', 'pull_request', 'push']);
  expect([...new Set(odd)]).toEqual([]);
});

/** Paths in `value` that GitHub's examples have with other types only. */
function differences(value: unknown, examples: unknown[], path: string): string[] {
  const kinds = new Set(examples.map(kindOf));
  // A null says nothing about what else may stand there.
  if (value === null || kinds.size === 0 || (kinds.size === 1 && kinds.has('null'))) return [];
  if (!kinds.has(kindOf(value))) return [`${path}: ${kindOf(value)}, not ${[...kinds].join(' or ')}`];
  if (Array.isArray(value)) {
    const items = examples.flatMap((example) => (Array.isArray(example) ? example : []));
    return value.flatMap((item) => differences(item, items, `${path}[]`));
  }
  if (kindOf(value) !== 'object') return [];
  const objects = examples.filter((example) => kindOf(example) === 'object') as Record<string, unknown>[];
  return Object.entries(value as object).flatMap(([key, inner]) => {
    const there = objects.filter((example) => key in example);
    return differences(
      inner,
      there.map((example) => example[key]),
      `${path}.${key}`,
    );
  });
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

test('commits that reach the base by a push merge their pull request', async () => {
  await bob.git('pull', '--quiet', 'origin', 'main');
  const sha = await bob.commit('Four', { 'four.tf': 'a = 1\n' });
  await bob.push('four');
  const made = await forge.api('bob', 'POST', `/repos/${REPOSITORY}/pulls`, {
    title: 'Four',
    head: 'four',
    base: 'main',
  });
  await bob.push('main');

  const { number } = made.body as { number: number };
  const pull = await forge.api('bob', 'GET', `/repos/${REPOSITORY}/pulls/${number}`);

  expect(pull.body).toMatchObject({ state: 'closed', merged: true, merge_commit_sha: sha });
});

test('a receiver that is down for a moment gets it all the same', async () => {
  // One of its own: what is still on its way to the other one would be turned down instead.
  const down = await startReceiver();
  forge.forge.addHook(REPOSITORY, { url: down.url, secret: SECRET, events: ['push'] });
  await down.wait(({ event }) => event === 'ping');
  down.answers.push(503);
  await bob.commit('Five', { 'five.tf': 'a = 1\n' });
  await bob.push('five');

  await down.wait(() => down.received.filter(({ event }) => event === 'push').length > 1);
  await down.close();

  const [first, again] = down.received.filter(({ event }) => event === 'push');
  expect(again?.headers['x-github-delivery']).toBe(first?.headers['x-github-delivery']);
});

test('a delivery can be looked up and sent again under its old id', async () => {
  const at = `/repos/${REPOSITORY}/hooks`;
  const hooks = (await forge.api('alice', 'GET', at)).body as { id: number }[];
  const deliveries = `${at}/${hooks[0]?.id}/deliveries`;
  const rows = (await forge.api('alice', 'GET', deliveries)).body as {
    id: number;
    guid: string;
    event: string;
  }[];
  const push = rows.find(({ event }) => event === 'push');

  const again = await forge.api('alice', 'POST', `${deliveries}/${push?.id}/attempts`);
  const received = await receiver.wait(({ headers }) => headers['x-github-delivery'] === push?.guid);

  expect(again.status).toBe(202);
  expect(received.event).toBe('push');
  expect((await forge.api('bob', 'GET', deliveries)).status).toBe(404);
});

test('a signature of other bytes, by another secret, of another kind or none is refused', async () => {
  const verify = signatureVerifier(SECRET);
  const body = Buffer.from('{"a":"ä"}');
  const sign = (secret: string, algorithm = 'sha256') =>
    createHmac(algorithm, secret).update(body).digest('hex');

  expect(await verify(body, `sha256=${sign(SECRET)}`)).toBe(true);
  expect(await verify(Buffer.from('{"a":"a"}'), `sha256=${sign(SECRET)}`)).toBe(false);
  expect(await verify(body, `sha256=${sign(`${SECRET}!`)}`)).toBe(false);
  expect(await verify(body, `sha1=${sign(SECRET, 'sha1')}`)).toBe(false);
  expect(await verify(body, sign(SECRET))).toBe(false);
  expect(await verify(body, `sha256=${'ä'.repeat(64)}`)).toBe(false);
  expect(await verify(body, null)).toBe(false);
  expect(await verify(new Uint8Array(), `sha256=${sign(SECRET)}`)).toBe(false);
  expect(await verify(new Uint8Array([255, 254]), `sha256=${sign(SECRET)}`)).toBe(false);
  expect(() => signatureVerifier('short')).toThrow(/at least 32/);
});
