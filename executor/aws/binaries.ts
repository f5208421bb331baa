import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const NAME = /^(terraform|tofu)-(\d+\.\d+\.\d+(?:-[0-9A-Za-z.]+)?)$/;

/** What the image offers, best first. Empty if there is no such folder: then what stands on the PATH is taken. */
export function binariesOf(folder: string): { path: string; version: string }[] {
  const order = join(folder, 'order');
  if (!existsSync(order)) return [];
  return readFileSync(order, 'utf8')
    .split('\n')
    .flatMap((name) => {
      const version = NAME.exec(name)?.[2];
      return version ? [{ path: join(folder, name), version }] : [];
    });
}

/** The image's folder of providers; undefined if none is baked in: then they are downloaded. */
export function mirrorOf(folder: string | undefined): string | undefined {
  return folder && existsSync(folder) && readdirSync(folder).length > 0 ? folder : undefined;
}
