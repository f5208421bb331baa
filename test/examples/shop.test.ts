import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { applyChange, readChange } from '../../examples/shop-story/apply.ts';
import { freePort } from '../../local/demo/free-port.ts';

const STORY = fileURLToPath(new URL('../../examples/shop-story', import.meta.url));

const SHOP = path.resolve(import.meta.dirname, '../../examples/shop');
const PROJECTS = ['network', 'data', 'app'];

describe('the shop, by terraform alone', { timeout: 120_000 }, () => {
  let dir = '';
  let port = 0;
  const at = (file: string) => path.join(dir, file);
  const url = (page: string) => `http://127.0.0.1:${port}${page}`;

  beforeAll(async () => {
    dir = await mkdtemp(path.join(os.tmpdir(), 'cairn-shop-'));
    port = await freePort();
    await mkdir(at('states'));
    await writeFile(at('terraformrc'), '');
  });

  afterAll(async () => {
    if (existsSync(at('home/shop.pid'))) await destroy();
    await rm(dir, { recursive: true, force: true });
  });

  /** Runs terraform on projects of a fresh checkout that is gone afterwards, as a job's is. */
  async function terraform(
    command: 'apply' | 'destroy',
    projects: string[],
    changes: Parameters<typeof readChange>[0][],
  ) {
    const checkout = await mkdtemp(at('checkout-'));
    await cp(SHOP, checkout, { recursive: true, filter: (from) => !/\.terraform|tfstate/.test(from) });
    for (const name of changes) await applyChange(checkout, await readChange(name, STORY));

    const states = PROJECTS.map((name) => [
      name,
      { backend: 'local', config: { path: at(`states/${name}.tfstate`) } },
    ]);
    const env = {
      PATH: process.env['PATH'] ?? '',
      TF_CLI_CONFIG_FILE: at('terraformrc'),
      TF_IN_AUTOMATION: '1',
      TF_VAR_cairn_state: JSON.stringify(Object.fromEntries(states)),
      TF_VAR_shop_home: at('home'),
      TF_VAR_port: String(port),
    };
    try {
      for (const project of projects) {
        const options = { cwd: path.join(checkout, project), env, extendEnv: false, all: true };
        await execa('terraform', ['init', '-input=false', '-no-color'], options);
        const state = `-state=${at(`states/${project}.tfstate`)}`;
        await execa('terraform', [command, '-auto-approve', '-input=false', '-no-color', state], options);
      }
    } finally {
      await rm(checkout, { recursive: true, force: true });
    }
  }

  const apply = (...changes: Parameters<typeof readChange>[0][]) => terraform('apply', PROJECTS, changes);
  const destroy = () => terraform('destroy', [...PROJECTS].reverse(), []);

  const health = async () => (await fetch(url('/healthz'))).json() as Promise<Record<string, unknown>>;

  async function order(body: unknown): Promise<number> {
    const answer = await fetch(url('/orders'), { method: 'POST', body: JSON.stringify(body) });
    return answer.status;
  }

  /** Resource addresses in a project's state. */
  async function inState(project: string): Promise<string[]> {
    const state = JSON.parse(await readFile(at(`states/${project}.tfstate`), 'utf8')) as {
      resources: { module?: string; mode: string; type: string; name: string }[];
    };
    return state.resources
      .filter((one) => one.mode === 'managed')
      .map((one) => [one.module, one.type, one.name].filter(Boolean).join('.'));
  }

  test('three projects in order make a shop that serves', async () => {
    await apply();

    const page = await (await fetch(url('/'))).text();
    expect(await health()).toMatchObject({ status: 'ok', release: '1.0.0', products: 3, orders: 0 });
    expect(page).toContain('Compass');
    expect(page).toContain('€ 29.00');
  });

  test('orders are taken, and bad ones are not', async () => {
    const answers = [
      await order({ product: 'rope', quantity: 2 }),
      await order({ product: 'boat' }),
      await order({ product: 'rope', quantity: -1 }),
      await order('no order'),
    ];
    const form = await fetch(url('/orders'), {
      method: 'POST',
      body: new URLSearchParams({ product: 'stone' }),
      redirect: 'manual',
    });

    expect(answers).toEqual([201, 400, 400, 400]);
    expect(form.status).toBe(303);
    expect(await health()).toMatchObject({ orders: 2 });
  });

  test('applied again, nothing changes and the same process goes on', async () => {
    const before = await health();

    await apply();

    expect(await health()).toEqual(before);
  });

  test('a good change is a new release with the same orders', async () => {
    await apply('01-better-prices');

    const page = await (await fetch(url('/'))).text();
    expect(await health()).toMatchObject({ release: '1.1.0', products: 4, orders: 2 });
    expect(page).toContain('€ 24.00');
    expect(page).toContain('<b>2</b> orders');
    expect(await readdir(at('home/releases'))).toHaveLength(1);
  });

  test('the bad change fails half way: data is applied, the shop is down', async () => {
    const failure = await apply('01-better-prices', '02-reviews').catch((error: { all?: string }) => error);

    expect(failure?.all).toContain('The shop 2.0.0 did not start');
    expect(failure?.all).toContain('reviews.json');
    expect(await inState('data')).toEqual([
      'module.store["orders"].terraform_data.file',
      'module.store["reviews"].terraform_data.file',
    ]);
    expect(existsSync(at('home/data/reviews.jsonl'))).toBe(true);
    await expect(fetch(url('/healthz'))).rejects.toThrow();
    expect(existsSync(at('home/shop.pid'))).toBe(false);
  });

  test('the good one applied again heals it, with all orders', async () => {
    await apply('01-better-prices');

    expect(await health()).toMatchObject({ release: '1.1.0', products: 4, orders: 2 });
    expect(await inState('data')).toEqual(['module.store["orders"].terraform_data.file']);
    expect(existsSync(at('home/data/reviews.jsonl'))).toBe(false);
    expect(await readdir(at('home/releases'))).toHaveLength(1);
  });

  test('a port that another program has is an error that says so', async () => {
    const taken = createServer((socket) => socket.destroy());
    const other = await new Promise<number>((resolve) => {
      taken.listen(0, '127.0.0.1', () => resolve((taken.address() as { port: number }).port));
    });
    const mine = port;
    port = other;

    const failure = await apply('01-better-prices').catch((error: { all?: string }) => error);
    port = mine;
    await new Promise((resolve) => taken.close(resolve));
    await apply('01-better-prices');

    expect(failure?.all).toContain('EADDRINUSE');
    expect(await health()).toMatchObject({ release: '1.1.0', orders: 2 });
  });

  test('destroyed in the order back, nothing is left of it', async () => {
    await destroy();

    await expect(fetch(url('/healthz'))).rejects.toThrow();
    expect(await readdir(at('home')).catch(() => [])).toEqual([]);
    for (const project of PROJECTS) expect(await inState(project)).toEqual([]);
  });
});
