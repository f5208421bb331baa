import { execFile } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { Metafile } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FUNCTIONS } from '../../lambdas/functions.ts';
import { BUNDLES, buildBundles, fileOf, fillContext, LAMBDA_BUNDLES } from '../../scripts/build.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');
/** Decimal, as the budget is meant. */
const MB = 1_000_000;

let folder: string;
let built: Metafile;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'cairn-bundles-'));
  built = await buildBundles([...LAMBDA_BUNDLES, 'fargate']);
  for (const name of LAMBDA_BUNDLES) await copyFile(fileOf(name), copyOf(name));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** In a process of its own: the file alone, without the repository's packages around it. */
async function evaluate(script: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '' },
  });
  return stdout;
}

function copyOf(name: string): string {
  return path.join(folder, `${path.basename(name)}.mjs`);
}

function urlOf(name: string): string {
  return JSON.stringify(pathToFileURL(copyOf(name)).href);
}

/** Packages that a bundle expects beside it. */
function outsideOf(name: string): string[] {
  const output = built.outputs[path.relative(ROOT, fileOf(name))];
  const imports = output?.imports ?? [];
  const outside = imports.filter(({ external, path: from }) => external && !isBuiltin(from));
  return [...new Set(outside.map(({ path: from }) => from))];
}

describe.each(LAMBDA_BUNDLES)('%s', (name) => {
  it('keeps its size', () => {
    const { size } = statSync(copyOf(name));

    expect(size).toBeLessThanOrEqual(name === 'lambda/webhook' ? 1.2 * MB : 2 * MB);
  });

  it('holds all that it needs but what cannot be bundled', () => {
    const { inputs = {} } = built.outputs[path.relative(ROOT, fileOf(name))] ?? {};

    expect(Object.keys(inputs)).toContain(BUNDLES[name]?.entry);
    expect(Object.keys(inputs).filter((file) => /libsql|aws-cdk|esbuild|^local\//.test(file))).toEqual([]);
    expect(outsideOf(name)).toEqual(name === 'lambda/webhook' ? [] : ['@cdktf/hcl2json']);
  });

  it('is there at once, without packages, and has the functions of the table', async () => {
    const wanted = Object.values(FUNCTIONS)
      .map(({ command }) => command.split('.'))
      .filter(([bundle]) => `lambda/${bundle}` === name)
      .map(([, handler]) => handler);

    const exported = await evaluate(`console.log(JSON.stringify(Object.keys(await import(${urlOf(name)}))))`);

    expect(wanted.length).toBeGreaterThan(0);
    expect(JSON.parse(exported)).toEqual(expect.arrayContaining(wanted));
  });
});

it('a bundle throws errors under the names that workflows catch', async () => {
  const name = await evaluate(`
    // What it logs goes to these.
    process.stdout.write = () => true;
    process.stderr.write = () => true;
    const { writeSync } = await import('node:fs');
    const { ClaimRun } = await import(${urlOf('lambda/step')});
    const context = { awsRequestId: 'r', functionName: 'f', getRemainingTimeInMillis: () => 1000 };
    writeSync(1, await ClaimRun({}, context).then(() => 'none', (error) => error.name));
  `);

  expect(name).toBe('Misconfigured');
});

it('the functions’ image is made of its Dockerfile, the bundles, and what stands beside them', async () => {
  const context = await fillContext('lambda');

  const dockerfile = readFileSync(path.join(context, 'Dockerfile'), 'utf8');
  const commands = Object.values(FUNCTIONS).map(({ command }) => command.split('.')[0]);
  for (const bundle of commands) expect(statSync(path.join(context, `${bundle}.mjs`)).isFile()).toBe(true);
  for (const dependency of ['@cdktf/hcl2json', 'fs-extra', 'graceful-fs', 'jsonfile', 'universalify']) {
    expect(statSync(path.join(context, 'node_modules', dependency, 'package.json')).isFile()).toBe(true);
  }
  expect(dockerfile).toMatch(/^ARG BASE=/m);
  expect(dockerfile).toMatch(/^USER \d+:\d+$/m);
  const parsed = await evaluate(`
    const { createRequire } = await import('node:module');
    const { parse } = createRequire(${JSON.stringify(`${context}/x.js`)})('@cdktf/hcl2json');
    console.log(JSON.stringify(await parse('main.tf', 'a = 1')));
  `);
  expect(JSON.parse(parsed)).toEqual({ a: 1 });
});

it('the job’s program is one file that needs no package', () => {
  expect(BUNDLES['fargate']).toMatchObject({ entry: 'executor/aws/main.ts', external: [] });
  expect(outsideOf('fargate')).toEqual([]);
});
