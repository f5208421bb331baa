import { createHash } from 'node:crypto';
import type { Ports } from '../ports.ts';
import { defaultConfig, parseConfig } from './config.ts';
import type { Config } from './types.ts';

export const CONFIG_FILE = 'cairn.yaml';

/** `cairn.yaml` at a ref, or null if there is none there. Throws InvalidConfig. */
export async function configAt(
  ports: Pick<Ports, 'source'>,
  repository: string,
  ref: string,
): Promise<Config | null> {
  const text = await ports.source.file(repository, ref, CONFIG_FILE);
  return text === null ? null : parseConfig(text, CONFIG_FILE);
}

/**
 * The environments that live on a branch, by what the default branch says: whoever may push to some branch
 * cannot make it an environment's. Empty if none does.
 */
export async function environmentsOn(
  ports: Pick<Ports, 'source'>,
  repository: string,
  branch: string,
): Promise<string[]> {
  const main = await ports.source.defaultBranch(repository);
  const config = (await configAt(ports, repository, main)) ?? defaultConfig(main);
  return Object.entries(config.environments)
    .filter(([, environment]) => environment.branch === branch)
    .map(([name]) => name);
}

export function configDigest(text: string | null): string {
  return createHash('sha256')
    .update(text ?? '')
    .digest('hex');
}
