import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../support/real-roots.ts';
import { REPOSITORY, type RealWorld, startRealWorld } from '../support/real-world.ts';

const CHROMIUM = process.env['CAIRN_TEST_CHROMIUM'] ?? '/usr/bin/chromium';
const missing = !existsSync(CHROMIUM);
if (missing)
  console.warn(`skipped 4 browser tests: there is no ${CHROMIUM} (Debian: apt-get install chromium)`);

const CONFIG = `
environments:
  prod:
    branch: main
    approval: { required: true, approvers: [alice] }
`;

/** Offline on purpose: without these the browser looks up its maker's hosts at each start. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

describe.skipIf(missing)('the pages, as a person uses them', () => {
  let world: RealWorld;
  let browser: Browser;
  let page: Page;
  const faults: string[] = [];

  beforeAll(async () => {
    world = await startRealWorld();
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
    page = await browser.newPage({ viewport: { width: 1100, height: 900 } });
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
    await world.push({ 'cairn.yaml': CONFIG, ...root(world.log, 'app', { value: 'a1' }) });
    await world.deploy({ workflow: 'deploy' });
  });

  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });

  test('a pull request shows its plan; merged and approved by hand, it is deployed', async () => {
    await world.push(root(world.log, 'app', { value: '<b>a2</b>' }), { branch: 'change', from: 'main' });
    const pull = await world.bob.openPull({ head: 'change', title: 'A change <i>of mine</i>' });
    await world.ended({ workflow: 'plan', pull: pull.number });
    await world.until('the comment', async () => (await world.bob.comments(pull.number))[0]);

    await page.goto(`${world.forge.url}/${REPOSITORY}/pull/${pull.number}`);
    const title = await page.getByRole('heading', { level: 1 }).last().innerText();
    const plan = page.locator('.box', { hasText: 'Plan for prod' }).first();
    const folded = plan.locator('details:not([open]) > summary');
    if ((await folded.count()) > 0) await folded.first().click();
    const diff = await plan.locator('pre').first().innerText();
    await page.locator('select[name=login]').first().selectOption('alice');
    await page.getByRole('button', { name: 'Merge pull request' }).click();
    await page.getByText('Merged by').waitFor();
    const commit = await world.server.host.ports.source.head(REPOSITORY, 'main');
    const digest = await world.waiting({ workflow: 'deploy', commit });
    await page.goto(`${world.forge.url}/${REPOSITORY}/pull/${pull.number}`);
    await page.locator('textarea[name=body]').fill(`/cairn approve prod ${digest.slice(0, 7)}`);
    await page
      .locator('form', { has: page.locator('textarea') })
      .locator('select')
      .selectOption('alice');
    await page.getByRole('button', { name: 'Comment' }).click();
    const run = await world.ended({ workflow: 'deploy', commit });

    expect(title).toContain('A change <i>of mine</i>');
    expect(diff).toContain('<b>a2</b>');
    expect(run.state).toBe('succeeded');
    expect(await world.applied()).toContain('+ app <b>a2</b>');
  });

  test('the run page tells what happened and shows the diff as text, never as markup', async () => {
    const run = await world.run({ workflow: 'deploy' });

    await page.goto(`${world.server.url}/runs/${run.id}`);

    const text = await page.locator('body').innerText();
    expect(text).toContain('Deployed');
    expect(text).toContain('Approved by @alice');
    expect(text).toContain('<b>a2</b>');
    expect(await page.locator('main b', { hasText: 'a2' }).count()).toBe(0);
  });

  test('the first page shows the environment, and leads to a log', async () => {
    await page.goto(world.server.url);
    const home = await page.locator('body').innerText();
    const run = await world.run({ workflow: 'deploy' });
    await page.goto(`${world.server.url}/runs/${run.id}`);
    await page.getByRole('link', { name: 'log', exact: true }).first().click();

    expect(home).toContain('prod');
    await expect.poll(async () => page.locator('body').innerText()).toContain('Apply complete');
    expect(faults).toEqual([]);
  });

  test('on a phone no page is wider than the screen, and each cell of a table is seen', async () => {
    const phone = await browser.newPage({ viewport: { width: 390, height: 800 } });
    const run = await world.run({ workflow: 'deploy' });
    const [server, forge] = [world.server.url, world.forge.url];

    const seen: [string, number, number][] = [];
    for (const address of [
      server,
      `${server}/environments/${REPOSITORY}/prod`,
      `${server}/runs/${run.id}`,
      `${forge}/${REPOSITORY}`,
    ]) {
      await phone.goto(address);
      const page = await phone.evaluate('document.documentElement.scrollWidth');
      const cut = await phone.evaluate(
        `[...document.querySelectorAll('table.stack td, .row > *')].filter((cell) => cell.getBoundingClientRect().right > 390).length`,
      );
      seen.push([address, Number(page), Number(cut)]);
    }
    await phone.close();

    for (const [address, width, cut] of seen) expect([address, width, cut]).toEqual([address, 390, 0]);
  });
});
