import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';

export interface Binary {
  name: 'terraform' | 'tofu';
  path: string;
  version: string;
}

/** terraform and tofu on the PATH and in `dirs` (a folder per version), newest first of each name. */
export async function findBinaries(search: string, dirs: string[] = []): Promise<Binary[]> {
  const folders = [...search.split(path.delimiter).filter((dir) => dir !== ''), ...dirs];
  const found: Binary[] = [];
  for (const name of ['terraform', 'tofu'] as const) {
    for (const folder of folders) {
      const file = path.join(folder, name);
      if (found.some((binary) => binary.path === file) || !(await isExecutable(file))) continue;
      const version = await versionOf(file);
      if (version && !found.some((b) => b.name === name && b.version === version)) {
        found.push({ name, path: file, version });
      }
    }
  }
  return found;
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Null for a program that does not answer like terraform. */
async function versionOf(file: string): Promise<string | null> {
  const { stdout, failed } = await execa(file, ['version', '-json'], {
    env: { CHECKPOINT_DISABLE: '1', PATH: process.env['PATH'] ?? '' },
    extendEnv: false,
    reject: false,
    timeout: 20_000,
  });
  if (failed) return null;
  try {
    const answer = JSON.parse(stdout) as { terraform_version?: unknown };
    return typeof answer.terraform_version === 'string' ? answer.terraform_version : null;
  } catch {
    return null;
  }
}
