import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { InfraConfig } from '../../infra/config/config.ts';
import { loadInfraConfig } from '../../infra/config/load-config.ts';
import type { Template } from './aws/template.ts';
import { SYNTH_FOLDER } from './synth-folder.ts';

/** An installation as `cdk deploy` would be given it. */
interface Synthesized {
  config: InfraConfig;
  /** Of templates and assets. */
  outdir: string;
  /** By the name of the stack, in the order of deployment. */
  templates: Record<string, Template>;
}

const CONFIGS = path.join(import.meta.dirname, '../infra/configs');
const ROOT = path.join(import.meta.dirname, '../..');

/** Files in test/infra/configs. */
export const CONFIG_NAMES = ['minimal', 'full', 'many'] as const;
export type ConfigName = (typeof CONFIG_NAMES)[number];

export function configOf(name: ConfigName): InfraConfig {
  return loadInfraConfig(path.join(CONFIGS, `${name}.yaml`));
}

/**
 * A configuration's stacks, with all checks: throws what cdk-nag and the built-in validator find. Synthesized
 * once per test run, all configurations at once: most of the time goes into the validator's start.
 */
export async function synthesized(name: ConfigName): Promise<Synthesized> {
  const dir = process.env[SYNTH_FOLDER] ?? mkdtempSync(path.join(tmpdir(), 'cairn-synth-'));
  if (isFirst(path.join(dir, 'claim'))) await synthesizeAll(dir);
  const done = JSON.parse(await contentOf(path.join(dir, 'done.json'))) as Record<ConfigName, Outcome>;
  const outcome = done[name];
  if ('error' in outcome) throw new Error(`${name} cannot be synthesized:\n${outcome.error}`);
  return { config: configOf(name), outdir: outcome.outdir, templates: templatesIn(outcome) };
}

/** A configuration that only one process needs, synthesized there. */
export async function synthesizedHere(name: string): Promise<Synthesized> {
  const config = loadInfraConfig(path.join(CONFIGS, `${name}.yaml`));
  const assembly = await synthesize(
    config,
    mkdtempSync(path.join(process.env[SYNTH_FOLDER] ?? tmpdir(), 'cairn-synth-')),
  );
  return { config, outdir: assembly.outdir, templates: templatesIn(assembly) };
}

/** Every template of an assembly, as a file. */
export function templateFiles({ outdir }: Pick<Synthesized, 'outdir'>): string[] {
  return readdirSync(outdir)
    .filter((file) => file.endsWith('.template.json'))
    .map((file) => path.join(outdir, file));
}

/** As the CDK's command reads them. */
export function featureFlags(): Record<string, unknown> {
  return JSON.parse(readFileSync(path.join(ROOT, 'cdk.json'), 'utf8')).context;
}

type Outcome = Assembly | { error: string };

interface Assembly {
  outdir: string;
  /** Name and template's file, in the order of deployment. */
  stacks: [string, string][];
}

async function synthesizeAll(dir: string): Promise<void> {
  const done: Record<string, Outcome> = {};
  for (const name of CONFIG_NAMES) {
    const folder = path.join(dir, name);
    mkdirSync(folder);
    done[name] = await synthesize(configOf(name), folder).catch((error: unknown) => ({
      error: error instanceof Error ? error.message : String(error),
    }));
  }
  writeFileSync(path.join(dir, 'draft.json'), JSON.stringify(done));
  renameSync(path.join(dir, 'draft.json'), path.join(dir, 'done.json'));
}

async function synthesize(config: InfraConfig, dir: string): Promise<Assembly> {
  // Two seconds for who only reads what another made.
  const { cairnApp } = await import('../../infra/app.ts');
  const outdir = path.join(dir, 'cdk.out');
  const contexts = contextsIn(dir);
  const assembly = cairnApp(config, { contexts, context: featureFlags(), outdir }).synth();
  return { outdir, stacks: assembly.stacks.map((stack) => [stack.stackName, stack.templateFullPath]) };
}

/** What images are made of does not matter to the stacks, only that it is a folder with a Dockerfile. */
function contextsIn(dir: string): { executor: string; lambda: string } {
  const context = (name: string) => {
    const folder = path.join(dir, name);
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'Dockerfile'), `ARG BASE\nFROM $BASE\nLABEL of=${name}\n`);
    return folder;
  };
  return { executor: context('executor'), lambda: context('lambda') };
}

function templatesIn({ stacks }: Assembly): Record<string, Template> {
  return Object.fromEntries(
    stacks.map(([name, file]) => [name, JSON.parse(readFileSync(file, 'utf8')) as Template]),
  );
}

function isFirst(claim: string): boolean {
  try {
    mkdirSync(claim);
    return true;
  } catch {
    return false;
  }
}

/** Another worker writes it: half a minute of a processor, which others may want as well. Each test has its own limit. */
async function contentOf(file: string): Promise<string> {
  for (const until = Date.now() + 600_000; Date.now() < until; await sleep(100)) {
    try {
      return readFileSync(file, 'utf8');
    } catch {}
  }
  throw new Error(`${file} was not written: whoever began to synthesize did not end`);
}
