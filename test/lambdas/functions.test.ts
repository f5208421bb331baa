import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { STEPS } from '../../core/steps/index.ts';
import { FUNCTIONS, type FunctionName, type FunctionSpec } from '../../lambdas/functions.ts';
import { LAMBDA_BUNDLES } from '../../scripts/build.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');
const rows = Object.entries(FUNCTIONS) as [FunctionName, FunctionSpec][];

function calledByWorkflows(): string[] {
  const folder = path.join(ROOT, 'workflows');
  const files = readdirSync(folder).filter((file) => file.endsWith('.asl.json'));
  const texts = files.map((file) => readFileSync(path.join(folder, file), 'utf8'));
  return [...new Set(texts.join('').match(/(?<=\$\{)[A-Za-z]+(?=\})/g) ?? [])].sort();
}

describe('the table of functions', () => {
  it('has a row for what the workflows call, and no other with that trigger', () => {
    const called = rows.filter(([, { trigger }]) => trigger.kind === 'workflow').map(([name]) => name);

    expect(called.sort()).toEqual(calledByWorkflows());
  });

  it('has a row for every step that a host calls itself, but for those that RouteRequest calls', () => {
    const missing = Object.keys(STEPS).filter((name) => !Object.hasOwn(FUNCTIONS, name));

    expect(missing).toEqual(['AnswerApproval', 'ChangeFreeze', 'WarnOfEnd']);
  });

  it.each(rows)('%s has its export', async (_, { command }) => {
    const [bundle = '', name = ''] = command.split('.');
    const module: Record<string, unknown> = await import(`../../lambdas/${bundle}.ts`);

    expect(typeof module[name]).toBe('function');
    expect(LAMBDA_BUNDLES).toContain(`lambda/${bundle}`);
  });

  it.each(rows)('%s fits Lambda', (_, { memory, timeout, ports }) => {
    expect(memory).toBeGreaterThanOrEqual(128);
    expect(memory).toBeLessThanOrEqual(3008);
    expect(timeout).toBeLessThanOrEqual(900);
    expect(new Set(ports).size).toBe(ports.length);
  });

  it('waits no longer than whoever waits for it', () => {
    const longest = { workflow: 300, schedule: 299, queue: 149, http: 29 };

    const late = rows.filter(([, { trigger, timeout }]) => timeout > longest[trigger.kind]);

    expect(late).toEqual([]);
  });

  it('gives the function that strangers reach no port of GitHub, of a lock or of a run', () => {
    expect(FUNCTIONS.Webhook.ports).toEqual(['bus', 'deliveries', 'webhookSecret']);
  });

  it('is read at deploy time: it brings no client of AWS or GitHub with it', async () => {
    const { metafile } = await build({
      entryPoints: [path.join(ROOT, 'lambdas', 'functions.ts')],
      bundle: true,
      write: false,
      metafile: true,
      platform: 'node',
      logLevel: 'silent',
    });

    const packages = Object.keys(metafile.inputs).flatMap(
      (file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? [],
    );
    expect([...new Set(packages)].sort()).toEqual(['croner', 'picomatch', 'yaml', 'zod']);
  });
});
