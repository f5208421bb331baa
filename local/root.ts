import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that Cairn is installed in, seen from the sources and from a bundle in `dist/` alike. */
export function installRoot(from = path.dirname(fileURLToPath(import.meta.url))): string {
  if (existsSync(path.join(from, 'package.json')) && existsSync(path.join(from, 'workflows'))) return from;
  const above = path.dirname(from);
  if (above === from)
    throw new Error('Cairn is not installed as a whole: there is no folder with its workflows/');
  return installRoot(above);
}
