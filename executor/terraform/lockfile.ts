import { existsSync, readFileSync } from 'node:fs';

/** Provider address -> version of a `.terraform.lock.hcl`, a file that terraform writes in one fixed form. */
export function readLockfile(path: string): Record<string, string> {
  if (!existsSync(path)) return {};
  const providers: Record<string, string> = {};
  let address: string | null = null;
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    address = /^provider "([^"]+)"/.exec(line)?.[1] ?? address;
    const version = /^\s*version\s*=\s*"([^"]+)"/.exec(line)?.[1];
    if (address && version) providers[address] ??= version;
  }
  return providers;
}
