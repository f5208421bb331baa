import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { refuseIfShared } from '../adapters/local/keys.ts';

/** The admin token of this server (32 random bytes, hex), made on the first start: `<dir>/admin.token`, 0600. */
export async function adminToken(dir: string): Promise<string> {
  const file = path.join(dir, 'admin.token');
  await mkdir(dir, { recursive: true, mode: 0o711 });
  try {
    await writeFile(file, `${randomBytes(32).toString('hex')}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  await refuseIfShared(file, 'admin token');
  return (await readFile(file, 'utf8')).trim();
}
