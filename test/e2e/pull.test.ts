import { afterEach, beforeEach, expect, test } from 'vitest';
import { jobIds } from '../../api/jobs.ts';
import type { Run } from '../../core/requests/run.ts';
import { realClone } from '../support/real-clone.ts';
import { realPerson } from '../support/real-person.ts';
import { config, type Root, root } from '../support/real-roots.ts';
import { REPOSITORY, type RealWorld, startRealWorld } from '../support/real-world.ts';

let world: RealWorld;

beforeEach(async () => {
  world = await startRealWorld();
  await world.push({ ...config(), 'README.md': 'Infrastructure\n' });
});

afterEach(async () => {
  await world.close();
});

function files(name: string, options: Root) {
  return root(world.log, name, options);
}

async function planComment(pull: number, has: string | RegExp) {
  return world.until(`a plan comment on #${pull} with ${has}`, async () =>
    (await world.bob.comments(pull)).find(
      ({ body }) => body.includes('<!-- cairn:plan:prod') && body.match(has) !== null,
    ),
  );
}

async function check(commit: string, name = 'cairn: prod') {
  return world.until(`the check ${name}`, async () => {
    const found = await world.bob.check(commit, name);
    return found?.conclusion ? found : undefined;
  });
}

async function replyTo(number: number, login: string, has: string): Promise<string> {
  const found = await world.until(`a reply to @${login} that says ${has}`, async () =>
    (await world.bob.comments(number)).find(({ body }) => body.includes(`@${login} `) && body.includes(has)),
  );
  return found.body;
}

const jobsOf = (run: Run) => jobIds(world.server.host.ports, run);

test('a second push that touches one project plans only that one, and edits the one comment', async () => {
  const head = await world.push(
    { ...files('network', { value: 'n1' }), ...files('app', { value: 'a1' }) },
    { branch: 'both' },
  );
  const pull = await world.bob.openPull({ head: 'both' });
  const comment = await planComment(pull.number, /network[\s\S]*app|app[\s\S]*network/);
  await check(head);

  const second = await world.push(files('app', { value: 'a2' }), { branch: 'both' });
  const run = await world.ended({ pull: pull.number, commit: second });
  const edited = await planComment(pull.number, second.slice(0, 7));

  expect(await jobsOf(run)).toEqual([expect.stringContaining('app')]);
  expect(edited.id).toBe(comment.id);
  expect(edited.body).toContain('network');
  expect(
    (await world.bob.comments(pull.number)).filter(({ body }) => body.includes('cairn:plan')),
  ).toHaveLength(1);
  expect((await check(second)).conclusion).toBe('success');
  expect(await world.applied()).toEqual([]);
});

test('a pull request that affects no project says so and passes', async () => {
  const head = await world.push({ 'docs/guide.md': 'hello' }, { branch: 'docs' });
  await world.bob.openPull({ head: 'docs' });

  const found = await check(head);

  expect(found).toMatchObject({ conclusion: 'success' });
  expect(found.title).toMatch(/no project affected/i);
});

test('a newer head stops the run of the older one', async () => {
  const many = Object.assign(
    {},
    ...['a', 'b', 'c', 'd', 'e', 'f'].map((name) => files(name, { value: '1' })),
  );
  const old = await world.push(many, { branch: 'many' });
  const pull = await world.bob.openPull({ head: 'many' });
  await world.run({ pull: pull.number, commit: old }, ['running']);

  const head = await world.push(files('a', { value: '2' }), { branch: 'many' });
  const stopped = await world.run({ pull: pull.number, commit: old }, ['superseded', 'succeeded', 'failed']);
  const run = await world.ended({ pull: pull.number, commit: head });
  const comment = await planComment(pull.number, head.slice(0, 7));

  expect(stopped.state).toBe('superseded');
  expect(run.state).toBe('succeeded');
  expect(comment.body).not.toContain(old.slice(0, 7));
});

test('-p plans one project, and a name that is not there is answered', async () => {
  const head = await world.push(
    { ...files('network', { value: 'n1' }), ...files('app', { value: 'a1' }) },
    { branch: 'both' },
  );
  const pull = await world.bob.openPull({ head: 'both', draft: true });
  await world.alice.comment(pull.number, '/cairn plan -p app');
  const run = await world.ended({ pull: pull.number });
  const comment = await planComment(pull.number, 'app');

  await world.alice.comment(pull.number, '/cairn plan -p nowhere');
  const answer = await world.until('an answer', async () =>
    (await world.bob.comments(pull.number)).find(({ body }) => body.includes('no project "nowhere"')),
  );

  expect(run).toMatchObject({ state: 'succeeded', commit: head });
  expect(await jobsOf(run)).toEqual([expect.stringContaining('app')]);
  expect(comment.body).not.toContain('network');
  expect(answer.body).toContain('app, network');
});

test('a draft is planned when somebody asks, not before', async () => {
  await world.push(files('network', { value: 'n1' }), { branch: 'draft' });
  const draft = await world.bob.openPull({ head: 'draft', draft: true });
  await world.push({ 'docs/guide.md': 'hello' }, { branch: 'docs' });
  const other = await world.bob.openPull({ head: 'docs' });
  await world.ended({ pull: other.number });
  const before = await world.runs({ pull: draft.number });

  await world.bob.comment(draft.number, '/cairn plan');
  const run = await world.ended({ pull: draft.number });

  expect(before).toEqual([]);
  expect(run.state).toBe('succeeded');
  await planComment(draft.number, 'network');
});

test('a mistake in cairn.yaml is shown with file and line, in a comment and a failing check', async () => {
  const head = await world.push(
    { 'cairn.yaml': 'environments:\n  prod:\n    branch: main\n    aproval: { required: true }\n' },
    { branch: 'typo' },
  );
  const pull = await world.bob.openPull({ head: 'typo' });
  const comment = await world.until('the comment', async () =>
    (await world.bob.comments(pull.number)).find(({ body }) => body.includes('cairn.yaml:4')),
  );
  const found = await check(head, 'cairn');

  const mended = await world.push(config('approval: { required: true }\n'), { branch: 'typo' });
  await world.ended({ pull: pull.number, commit: mended });
  const after = await check(mended);
  const gone = await world.until('the old complaint to go', async () =>
    (await world.bob.comments(pull.number)).find(
      ({ id, body }) => id === comment.id && !body.includes('cairn.yaml:4'),
    ),
  );

  expect(comment.body).toContain('approval');
  expect(found).toMatchObject({ conclusion: 'failure' });
  expect(after.conclusion).toBe('success');
  expect(gone.id).toBe(comment.id);
});

test('a pull request that does not merge is told so in its comment and check', async () => {
  const start = await world.clone.git('rev-parse', 'HEAD');
  await world.push(files('network', { value: 'n1' }));
  const head = await world.push(files('network', { value: 'n2' }), { branch: 'conflict', from: start });
  const pull = await world.bob.openPull({ head: 'conflict' });

  const found = await check(head);
  const comment = await planComment(pull.number, /conflict/i);

  expect(found.conclusion).toBe('failure');
  expect(found.summary).toMatch(/conflict/i);
  expect(comment.user.login).toBe('cairn[bot]');
});

test("a plan that fails is a failing check with terraform's words; the other projects are planned all the same", async () => {
  const head = await world.push(
    { ...files('app', { value: 'a1' }), 'broken/main.tf': 'output "x" {\n  value = var.nowhere\n}\n' },
    { branch: 'broken' },
  );
  const pull = await world.bob.openPull({ head: 'broken' });

  const found = await check(head);
  const comment = await planComment(pull.number, 'Reference to undeclared input variable');

  expect(found.conclusion).toBe('failure');
  expect(comment.body).toMatch(/app.*\|/);
  expect(comment.body).toContain('1 of 2 projects failed');
});

test('a guard shows in the comment of the pull request and fails its check', async () => {
  await world.push({
    ...config('', "guards:\n  protected: ['terraform_data.*']\n"),
    ...files('app', { value: 'a1' }),
  });
  const commit = await world.clone.git('rev-parse', 'HEAD');
  await world.deploy({ commit });

  const head = await world.push(files('app', { value: 'a2' }), { branch: 'replace' });
  const pull = await world.bob.openPull({ head: 'replace' });
  const found = await check(head);
  const comment = await planComment(pull.number, 'A guard stops this');

  expect(found.conclusion).toBe('failure');
  expect(comment.body).toContain('terraform_data.*');
});

test('a fork is planned only where somebody with write access names the very commit', async () => {
  const token = 'mallory-token';
  world.forge.addUser('mallory', token);
  const copy = await world.forge.fork(REPOSITORY, 'mallory');
  const mallory = realPerson(world.forge.apiUrl, REPOSITORY, 'mallory', token);
  const clone = await realClone(world.dir, `${world.forge.url}/${copy}.git`, mallory);
  const head = await clone.push(files('app', { value: 'm1' }), { branch: 'gift' });
  const pull = await mallory.openPull({ head: 'mallory:gift' });

  await mallory.comment(pull.number, `/cairn plan ${head}`);
  await replyTo(pull.number, 'mallory', 'no write access');
  await world.bob.comment(pull.number, '/cairn plan');
  await world.until('the refusal', async () =>
    (await world.bob.comments(pull.number)).find(
      ({ body }) => body.includes(`/cairn plan ${head}`) && body.includes('fork'),
    ),
  );
  const before = await Promise.all((await world.runs({ pull: pull.number })).map((run) => jobsOf(run)));
  await world.bob.comment(pull.number, `/cairn plan ${head}`);
  const run = await world.run({ pull: pull.number }, ['succeeded']);
  await planComment(pull.number, 'app');

  world.server.host.ports.isolated = false;
  await world.bob.comment(pull.number, `/cairn plan ${head}`);
  await world.until('the refusal of a host without users', async () =>
    (await world.bob.comments(pull.number)).find(({ body }) => body.includes('never plans forks')),
  );

  expect(before.flat()).toEqual([]);
  expect(run.state).toBe('succeeded');
});
