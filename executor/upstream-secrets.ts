import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { isRecord } from '../core/plans/canonical.ts';
import { leavesOf } from '../core/plans/secrets.ts';
import type { Context } from './context.ts';
import { asExpression } from './environment.ts';
import type { Terraform } from './prepare.ts';
import type { StateTold } from './state-secrets.ts';
import { lists } from './workspace.ts';

/** Other states that are asked; what more than these tell is taken for secret. */
const MOST = 20;

/** What a state says of a `terraform_remote_state`. */
interface Upstream {
  backend: string;
  config: Record<string, unknown>;
  workspace: string;
  outputs: Record<string, unknown>;
}

/**
 * Values that a project took from outputs which another state marks sensitive: `terraform_remote_state` hands them on
 * without the mark, and terraform prints them. So that state is asked what it marks. What it does not tell, because it
 * cannot be read or has no such output any more, is taken for secret.
 */
export async function upstreamSecrets(
  { dirs }: Pick<Context, 'dirs'>,
  terraform: Terraform,
  { upstream }: Pick<StateTold, 'upstream'>,
): Promise<string[]> {
  const found = new Set<string>();
  for (const [index, values] of upstream.entries()) {
    const read = upstreamOf(values);
    if (!read) continue;
    const outputs = index < MOST ? await outputsOf(read, join(dirs.tmp, `upstream-${index}`)) : {};
    for (const [name, value] of Object.entries(read.outputs)) {
      const known = Object.hasOwn(outputs, name) ? outputs[name] : undefined;
      if (known?.sensitive !== false) for (const leaf of leavesOf(value)) found.add(leaf);
    }
  }
  return [...found];

  async function outputsOf(of: Upstream, folder: string): Promise<Record<string, { sensitive?: boolean }>> {
    mkdirSync(folder, { recursive: true });
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
    if (told.code !== 0) return {};
    return JSON.parse(told.stdout.toString('utf8')) as Record<string, { sensitive?: boolean }>;
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
  const { backend, config, workspace, outputs } = values;
  if (typeof backend !== 'string' || !isRecord(outputs)) return null;
  const given = Object.entries(isRecord(config) ? config : {}).filter(([, value]) => value !== null);
  return {
    backend,
    config: Object.fromEntries(given),
    workspace: typeof workspace === 'string' ? workspace : 'default',
    outputs,
  };
}
