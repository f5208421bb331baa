import path from 'node:path';
import type { InfraConfig } from '../../infra/config/config.ts';
import { INFRA_FILE, loadInfraConfig } from '../../infra/config/load-config.ts';
import type { Io } from '../io.ts';

export interface ConfigFlags {
  config?: string;
}

/** Absolute path of the operator's configuration: `--config`, CAIRN_INFRA, or the one in this folder. */
export function infraFile(flags: ConfigFlags, io: Io): string {
  return path.resolve(io.cwd, flags.config || io.env['CAIRN_INFRA'] || INFRA_FILE);
}

/** Throws InvalidConfig, with every problem and its place. `githubUrl` is that of an emulator. */
export function readInfra(
  flags: ConfigFlags,
  io: Io,
  githubUrl?: string,
): { file: string; config: InfraConfig } {
  const file = infraFile(flags, io);
  const config = loadInfraConfig(file);
  if (githubUrl === undefined) return { file, config };
  return { file, config: { ...config, github: { ...config.github, url: githubUrl } } };
}
