import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';

export type Env = Record<string, string | undefined>;

/** Where a server of this machine keeps everything: `--data`, `CAIRN_DATA`, or `~/.cairn`. */
export function dataFolder(flag: string | undefined, env: Env): string {
  const named = flag || env['CAIRN_DATA'];
  return path.resolve(named || path.join(env['HOME'] || homedir(), '.cairn'));
}

/** Made by the server on its first start, mode 0600. */
function adminTokenFile(data: string): string {
  return path.join(data, 'admin.token');
}

/** The admin token of the server of this machine; null if there is none, or another user's. */
export async function readAdminToken(data: string): Promise<string | null> {
  try {
    return (await readFile(adminTokenFile(data), 'utf8')).trim() || null;
  } catch {
    return null;
  }
}
