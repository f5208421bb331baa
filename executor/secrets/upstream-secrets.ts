import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { canonical, isRecord } from '../../core/plans/canonical.ts';
import { readJson } from '../../core/plans/read-json.ts';
import { leavesOf } from '../../core/plans/secrets.ts';
import type { Context } from '../context.ts';
import { asExpression } from '../environment.ts';
import type { JobDirs } from '../files.ts';
import { JobInterrupted } from '../outcome.ts';
import type { Terraform } from '../terraform/terraform.ts';
import { lists } from '../terraform/workspace.ts';

/** Other states that terraform is asked about, one after the other; what more than these tell is taken for secret. */
const MOST = 20;

/** What a state says of a `terraform_remote_state`. */
interface Upstream {
  backend: string;
  config: Record<string, unknown>;
  workspace: string;
  outputs: Record<string, unknown>;
  /** What the configuration says for outputs that are not there. */
  defaults: Record<string, unknown>;
}

type Outputs = Record<string, { sensitive?: boolean; value?: unknown }>;

/**
 * What the states that were handed to the job mark sensitive among their outputs: known before terraform runs, so
 * that it is hidden whatever becomes of the job.
 */
export function laidSecrets({ upstream }: JobDirs): string[] {
  const found = new Set<string>();
  for (const name of readdirSync(upstream)) {
    for (const { sensitive, value } of Object.values(outputsIn(join(upstream, name)) ?? {})) {
      if (sensitive) for (const leaf of leavesOf(value)) found.add(leaf);
    }
  }
  return [...found];
}

/**
 * Values that a project took from outputs which another state marks sensitive: `terraform_remote_state` hands them on
 * without the mark, and terraform prints them. So that state is asked what it marks. What it does not tell, because it
 * cannot be read or has no such output any more, is taken for secret, but for a default of the configuration's own.
 *
 * `taken` are values of `terraform_remote_state`.
 */
export async function upstreamSecrets(
  { dirs, stop }: Pick<Context, 'dirs' | 'stop'>,
  terraform: Terraform,
  taken: readonly unknown[],
): Promise<string[]> {
  const found = new Set<string>();
  const told = new Map<string, Outputs>();
  let asked = 0;
  for (const read of taken.map(upstreamOf)) {
    if (!read) continue;
    const place = canonical([read.backend, read.config, read.workspace]);
    const outputs = told.get(place) ?? onDisk(read) ?? (await ask(read));
    told.set(place, outputs);
    for (const [name, value] of Object.entries(read.outputs)) {
      const known = Object.hasOwn(outputs, name) ? outputs[name] : undefined;
      if (!known && Object.hasOwn(read.defaults, name) && isSame(read.defaults[name], value)) continue;
      if (known?.sensitive !== false) for (const leaf of leavesOf(value)) found.add(leaf);
    }
  }
  return [...found];

  /** A plain file needs no terraform; null if it is none. */
  function onDisk({ backend, config, workspace }: Upstream): Outputs | null {
    if (backend !== 'local' || workspace !== 'default') return null;
    const { path } = onThisDisk(config);
    return typeof path === 'string' ? outputsIn(path) : null;
  }

  async function ask(of: Upstream): Promise<Outputs> {
    asked += 1;
    if (asked > MOST || stop.reason) return {};
    try {
      return await outputsOf(of, mkdtempSync(join(dirs.tmp, 'upstream-')));
    } catch (error) {
      if (error instanceof JobInterrupted) return {};
      throw error;
    }
  }

  async function outputsOf(of: Upstream, folder: string): Promise<Outputs> {
    const backend = { [of.backend]: of.backend === 'local' ? onThisDisk(of.config) : of.config };
    writeFileSync(join(folder, 'main.tf.json'), asExpression({ terraform: { backend } }));
    const begun = await terraform.runIn(folder, 'default', ['init', '-input=false', '-no-color']);
    if (begun.code !== 0) return {};
    // Most backends would write an empty state into one that is not there.
    if (of.workspace !== 'default') {
      const listed = await terraform.runIn(folder, 'default', ['workspace', 'list', '-no-color']);
      if (listed.code !== 0 || !lists(listed, of.workspace)) return {};
    }
    const told = await terraform.runIn(folder, of.workspace, ['output', '-no-color', '-json']);
    return told.code === 0 ? (readJson(told.stdout.toString('utf8')) as Outputs) : {};
  }

  /** A state that Cairn keeps was laid into the work folder of the job that read it; it is laid into this one's too. */
  function onThisDisk(config: Record<string, unknown>): Record<string, unknown> {
    const { path = 'terraform.tfstate' } = config;
    if (typeof path !== 'string') return config;
    const isLaid =
      /^\d+\.tfstate$/.test(basename(path)) && basename(dirname(path)) === basename(dirs.upstream);
    return { ...config, path: isLaid ? join(dirs.upstream, basename(path)) : resolve(terraform.root, path) };
  }
}

function upstreamOf(values: unknown): Upstream | null {
  if (!isRecord(values)) return null;
  const { backend, config, workspace, outputs, defaults } = values;
  if (typeof backend !== 'string' || !isRecord(outputs)) return null;
  const given = Object.entries(isRecord(config) ? config : {}).filter(([, value]) => value !== null);
  return {
    backend,
    config: Object.fromEntries(given),
    workspace: typeof workspace === 'string' ? workspace : 'default',
    outputs,
    defaults: isRecord(defaults) ? defaults : {},
  };
}

function isSame(one: unknown, other: unknown): boolean {
  return canonical(one) === canonical(other);
}

/** Outputs as a state's file says them; null if it is not there, or in a form that terraform alone can read. */
function outputsIn(path: string): Outputs | null {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return null;
  try {
    const state: unknown = readJson(readFileSync(path, 'utf8'));
    if (!isRecord(state) || state['version'] !== 4 || !isRecord(state['outputs'])) return null;
    return Object.fromEntries(
      Object.entries(state['outputs'])
        .filter((entry): entry is [string, Record<string, unknown>] => isRecord(entry[1]))
        // A file says it only of those that are marked.
        .map(([name, { sensitive, value }]) => [name, { sensitive: sensitive === true, value }]),
    );
  } catch {
    return null;
  }
}
