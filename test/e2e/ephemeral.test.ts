import { afterEach, beforeEach, expect, test } from 'vitest';
import { config, type Root, root } from '../support/real-roots.ts';
import { REPOSITORY, type RealWorld, startRealWorld } from '../support/real-world.ts';

let world: RealWorld;

beforeEach(async () => {
  world = await startRealWorld();
});

afterEach(async () => {
  await world.close();
});

const EPHEMERAL = `ephemeral:
  ttl: 8h
  max_ttl: 24h
  warn: 30m
projects:
  - dir: network
  - dir: app
    depends_on: [network]
`;

/** Its lines in the log say which environment they are of. */
function files(name: string, options: Omit<Root, 'value'> = {}) {
  const more = `variable "cairn_environment" {}\noutput "url" {\n  value = "https://\${var.cairn_environment}.example.com/${name}"\n}\n${options.more ?? ''}`;
  return root(world.log, name, { ...options, value: '${var.cairn_environment}', more });
}

/** A pull request that changes app; nothing is deployed anywhere, since nobody approves it. */
async function pullRequest(options: Omit<Root, 'value'> = {}): Promise<{ number: number; head: string }> {
  await world.push({ ...config('', EPHEMERAL), ...files('network'), ...files('app', { reads: 'network' }) });
  const change = { reads: 'network', more: 'output "changed" { value = true }', ...options };
  const head = await world.push(files('app', change), { branch: 'feature' });
  const { number } = await world.bob.openPull({ head: 'feature' });
  return { number, head };
}

const commentWith = (number: number, ...texts: string[]) =>
  world.until(`a comment with ${texts.join(' and ')}`, async () =>
    (await world.bob.comments(number)).find(({ body }) => texts.every((text) => body.includes(text))),
  );

const known = (environment: string) => world.hosted.ports.ephemerals.get(REPOSITORY, environment);

const gone = (environment: string) =>
  world.until(`${environment} to be gone`, async () =>
    (await known(environment)) === null ? true : undefined,
  );

/** Types of what the state of app holds. */
async function kindsIn(environment: string): Promise<string[]> {
  return ((await world.state('app', environment))?.resources ?? []).map(({ type }) => type);
}

test('launched from a comment, warned of, extended, and ended when its time is up', async () => {
  const { number } = await pullRequest();
  const name = `eph-pr-${number}`;

  await world.bob.comment(number, '/cairn up ttl=8h');
  const launch = await world.ended({ environment: name, workflow: 'ephemeral' });
  const ready = await commentWith(number, `https://${name}.example.com/app`);
  const made = await world.applied();
  const before = await known(name);
  world.pass(7.6);
  const warning = await commentWith(number, 'cairn:warning:', '/cairn extend');
  await world.bob.comment(number, '/cairn extend 4h');
  const extended = await world.ended({ environment: name, workflow: 'extend' });
  const after = await known(name);
  world.pass(1);
  const still = await known(name);
  world.pass(4);
  const end = await world.ended({ environment: name, workflow: 'destroy' });
  await gone(name);

  expect(launch.state).toBe('succeeded');
  expect(ready.body).toContain('UTC');
  expect(made).toEqual([`+ network ${name}`, `+ app ${name} on ${name}`]);
  expect(warning.id).not.toBe(ready.id);
  expect(extended.state).toBe('succeeded');
  expect(Date.parse(after?.endsAt ?? '') - Date.parse(before?.endsAt ?? '')).toBe(4 * 3_600_000);
  expect(still?.state).toBe('ready');
  expect(end.state).toBe('succeeded');
  expect((await world.applied()).slice(2)).toEqual([`- app ${name} on ${name}`, `- network ${name}`]);
  expect(await kindsIn(name)).toEqual([]);
  expect(await world.hosted.ports.git.ref(REPOSITORY, `refs/cairn/ephemeral/${name}`)).toBeNull();
});

test('two environments of one ref, made at the same time, have nothing in common', async () => {
  await pullRequest();

  const asked = await Promise.all(
    ['one', 'two'].map((name) =>
      world.ask({ command: 'ephemeral', ref: 'feature', name, ttl: '2h' }, world.bob.token),
    ),
  );
  const runs = await Promise.all(
    ['eph-one', 'eph-two'].map((environment) => world.ended({ environment, workflow: 'ephemeral' })),
  );
  const down = await world.ask({ command: 'destroy', environment: 'eph-one' }, world.bob.token);
  await gone('eph-one');

  expect(asked.map(({ status }) => status)).toEqual([200, 200]);
  expect(runs.map(({ state }) => state)).toEqual(['succeeded', 'succeeded']);
  expect(down.status).toBe(200);
  expect((await known('eph-two'))?.state).toBe('ready');
  expect(await kindsIn('eph-two')).toContain('terraform_data');
  expect((await world.applied()).filter((line) => line.startsWith('-'))).toEqual([
    '- app eph-one on eph-one',
    '- network eph-one',
  ]);
});

test('an apply that fails leaves nothing behind', async () => {
  const { number } = await pullRequest({ fails: true });
  const name = `eph-pr-${number}`;

  await world.bob.comment(number, '/cairn up');
  const launch = await world.ended({ environment: name, workflow: 'ephemeral' });
  await world.ended({ environment: name, workflow: 'destroy' });
  await gone(name);

  expect(launch.state).toBe('failed');
  expect(await world.applied()).toContain(`- network ${name}`);
  expect((await world.state('network', name))?.resources).toEqual([]);
});

test('a server that is killed and started anew knows what is to end when', async () => {
  const { number } = await pullRequest();
  const name = `eph-pr-${number}`;
  await world.bob.comment(number, '/cairn up ttl=2h');
  await world.ended({ environment: name, workflow: 'ephemeral' });

  world.pass(3);
  await world.restart();
  await world.ended({ environment: name, workflow: 'destroy' });
  await gone(name);

  expect((await world.state('network', name))?.resources).toEqual([]);
});

test('with on_pull_request each push updates it, closing the pull request ends it, opening it again makes it anew', async () => {
  const automatic = EPHEMERAL.replace('ttl: 8h', 'ttl: 8h\n  on_pull_request: true');
  await world.push({ ...config('', automatic), ...files('network'), ...files('app', { reads: 'network' }) });
  const first = await world.push(files('network', { more: 'output "one" { value = 1 }' }), {
    branch: 'feature',
  });
  const { number } = await world.bob.openPull({ head: 'feature' });
  const name = `eph-pr-${number}`;
  await world.until('the launch', async () => ((await known(name))?.state === 'ready' ? true : undefined));

  const change = { reads: 'network', more: 'output "two" { value = 2 }' };
  const second = await world.push(files('app', change), { branch: 'feature' });
  await world.until('the update', async () => {
    const now = await known(name);
    return now?.state === 'ready' && now.commit === second ? true : undefined;
  });
  const stood = await world.applied();
  await world.bob.close(number);
  await gone(name);
  await world.bob.reopen(number);
  await world.until('it again', async () => ((await known(name))?.state === 'ready' ? true : undefined));

  expect(first).not.toBe(second);
  expect(stood).toEqual([`+ network ${name}`, `+ app ${name} on ${name}`]);
  expect((await world.applied()).slice(2)).toEqual([
    `- app ${name} on ${name}`,
    `- network ${name}`,
    `+ network ${name}`,
    `+ app ${name} on ${name}`,
  ]);
});
