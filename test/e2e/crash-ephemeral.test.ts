import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../../adapters/local/database.ts';
import type { Ephemeral } from '../../core/ephemeral/environment.ts';
import { type Request, requestSchema } from '../../core/requests/request.ts';
import { buildChildServer } from '../support/child-server-process.ts';
import { project, REPOSITORY } from '../support/memory-world.ts';
import { config } from '../workflows/scenarios/sandbox.ts';
import { type Life, live, makeOutside, type Outside } from './crash-lives.ts';
import { effectsOf, storyOf } from './crash-story.ts';
import { type CrashWorld, makeCrashWorld } from './crash-world.ts';

/** Each with the moment that it is set for. */
type Ends = { name: string; at: string }[];

/** The end and the warning of it, which follow from when the environment's time began. */
function endsOf({ endsAt }: Pick<Ephemeral, 'endsAt'>): Ends {
  const end = Date.parse(endsAt ?? '');
  return [
    { name: 'end', at: new Date(end).toISOString() },
    { name: 'warn', at: new Date(end - 30 * 60_000).toISOString() },
  ];
}

describe('every part of the server, in memory', () => {
  let outside: Outside;
  beforeEach(() => {
    outside = makeOutside();
  });
  afterEach(() => outside.remove());

  test('kill -9 after every commit of a launch: applied once, scheduled, known', async () => {
    const lives = await launch(outside, () => live(outside, { commit: 1 }));

    await expectReady(outside, lives);
    expect(lives.length).toBeGreaterThan(20);
  }, 60_000);

  test.each([1, 3, 5, 7, 9, 11])(
    'kill -9 between effects and their answers: the first after %i, then after every 12th',
    async (first) => {
      const effects = effectsOf(first);

      const lives = await launch(outside, (before) => live(outside, { effect: effects(before) }));

      await expectReady(outside, lives);
      expect(lives.length).toBeGreaterThan(3);
    },
    60_000,
  );
});

/** Lives one after the other until the environment stands. */
async function launch({ ports }: Outside, begin: (before: number) => Life): Promise<Life[]> {
  const models = { ...project('network', { value: 'n1' }), ...project('app', { value: 'a1' }) };
  ports.repository.push('main', { 'cairn.yaml': config(), ...models });
  ports.repository.push('change', project('app', { value: 'a2' }), { from: 'main' });
  const request: Request = requestSchema.parse({
    command: 'ephemeral',
    repository: REPOSITORY,
    ref: 'change',
    name: 'x',
    ttl: '2h',
    origin: { source: 'cli', login: 'alice', trigger: 'up' },
  });
  const { lives, play } = storyOf(begin);
  await play((life) => life.deliver('delivery', request));
  return lives;
}

async function expectReady({ ports, ran, repeated, state }: Outside, lives: Life[]): Promise<void> {
  const life = lives.at(-1) as Life;
  const [runs, locks] = [await life.runs(), await life.locks()];
  await life.end();
  const known = await ports.ephemerals.get(REPOSITORY, 'eph-x');
  const schedules = await ports.schedules.list();

  expect(runs.map((run) => `${run.workflow} ${run.state}`)).toEqual(['ephemeral succeeded']);
  expect([repeated, locks]).toEqual([[], []]);
  expect(ran.filter((job) => job.startsWith('apply'))).toEqual(['apply network', 'apply app']);
  expect(Object.fromEntries(state)).toEqual({ 'eph-x/network': 'n1', 'eph-x/app': 'a2' });
  expect(known).toMatchObject({ state: 'ready' });
  const ends = schedules.map(({ name, at }) => ({ name: name.slice(0, name.indexOf('-eph-')), at }));
  expect(ends.sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual(endsOf(known as Ephemeral));
}

describe('a real server, with terraform', () => {
  let built: Awaited<ReturnType<typeof buildChildServer>>;
  let world: CrashWorld;
  beforeAll(async () => {
    built = await buildChildServer();
    world = await makeCrashWorld(built.program);
  }, 120_000);
  afterAll(async () => {
    await world?.close();
    await built?.remove();
  });

  test('kill -9 as soon as the last apply has begun, and again and again until it stands', async () => {
    const log = path.join(world.dir, 'marks', 'log');
    await world.checkout.push('main', 'Allow environments', async (to) => writeFiles(to, log));
    await world.checkout.push('change', 'A change', async (to) => writeFiles(to, log, '# changed\n'));
    const { number } = await world.bob.openPull({ title: 'c', body: '', head: 'change', base: 'main' });
    // The next lives: what follows the apply is cut into single commits, that of the schedules among them.
    world.killAt(...Array.from({ length: 8 }, () => 1));

    await world.bob.comment(number, '/cairn up ttl=2h');
    while (!world.applies().includes(`app eph-pr-${number}`)) await sleep(10);
    world.signal('SIGKILL');
    const known = await standing(world, `eph-pr-${number}`);
    // The last kill may just have been: the life after it is to end in peace.
    while ((await world.server().ready) === null) await sleep(20);

    expect(world.applies()).toEqual([`network eph-pr-${number}`, `app eph-pr-${number}`]);
    expect(world.lives()).toBeGreaterThan(5);
    expect(schedulesIn(world)).toEqual(endsOf(known));
    expect(world.heldLocks()).toEqual([]);
  }, 120_000);
});

function writeFiles(to: string, log: string, more = ''): void {
  const text = `environments:
  prod: { branch: stable }
ephemeral: { ttl: 1h }
projects:
  - dir: network
  - dir: app
    depends_on: [network]
`;
  const root = (name: string) => `variable "cairn_environment" {}
resource "terraform_data" "it" {
  input = var.cairn_environment
  provisioner "local-exec" {
    command = "echo ${name} \${var.cairn_environment} >> ${log} && sleep 0.5"
  }
}
`;
  const files = {
    'cairn.yaml': text,
    'network/main.tf': root('network'),
    'app/main.tf': root('app') + more,
  };
  for (const [name, body] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(to, name)), { recursive: true });
    writeFileSync(path.join(to, name), body);
  }
}

/** Once it is ready, and its run has ended. */
async function standing(world: CrashWorld, environment: string): Promise<Ephemeral> {
  const end = Date.now() + 60_000;
  for (;;) {
    const [one] = query<{ body: string }>(
      world,
      `select body from ephemerals where environment = '${environment}'`,
    );
    const known = one && (JSON.parse(one.body) as Ephemeral);
    const under = `select 1 from engine_executions where name = '${known?.runId}' and (status = 'running' or told = 0)`;
    const busy = query(world, under);
    if (known?.state === 'ready' && busy.length === 0) return known;
    if (Date.now() > end) throw new Error(`${environment} is not ready: ${JSON.stringify(known)}`);
    await sleep(50);
  }
}

function schedulesIn(world: CrashWorld): Ends {
  const rows = query<{ name: string; at: number }>(world, 'select name, at from schedules order by name');
  return rows.map(({ name, at }) => ({
    name: name.slice(0, name.indexOf('-eph-')),
    at: new Date(at).toISOString(),
  }));
}

function query<T>(world: CrashWorld, sql: string): T[] {
  const db = openDatabase(path.join(world.dir, 'data', 'cairn.db'));
  try {
    return db.prepare(sql).all<T>();
  } finally {
    db.close();
  }
}
