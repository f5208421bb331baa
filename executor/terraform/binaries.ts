import { accessSync, constants } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { runProcess } from '../process.ts';
import type { Stop } from '../stop.ts';
import type { Binary } from './version.ts';

/** What the host offers, else what stands on the PATH (asking each for its version costs about 40 ms). */
export async function offeredBinaries(
  offered: readonly { path: string; version: string }[] | undefined,
  env: Record<string, string>,
  cwd: string,
  stop: Stop,
): Promise<Binary[]> {
  if (offered && offered.length > 0) return offered.map((one) => ({ ...one, binary: kindOf(one.path) }));
  const found: Binary[] = [];
  for (const name of ['terraform', 'tofu']) {
    const path = onPath(name, env['PATH'] ?? '');
    if (!path) continue;
    const { stdout } = await runProcess(path, ['version', '-json'], {
      cwd,
      env,
      stop,
      stopSignal: 'SIGINT',
      grace: 1000,
      sweep: true,
    });
    const version = versionOf(stdout.toString('utf8'));
    if (version) found.push({ path, version, binary: kindOf(path) });
  }
  return found;
}

function kindOf(path: string): Binary['binary'] {
  return /tofu/.test(basename(path)) ? 'tofu' : 'terraform';
}

function versionOf(json: string): string | null {
  try {
    return (JSON.parse(json) as { terraform_version?: string }).terraform_version ?? null;
  } catch {
    return null;
  }
}

function onPath(name: string, path: string): string | null {
  for (const folder of path.split(delimiter)) {
    if (folder === '') continue;
    try {
      accessSync(join(folder, name), constants.X_OK);
      return join(folder, name);
    } catch {
      // The next one.
    }
  }
  return null;
}
