import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { InvalidInput, NotFound } from '../../core/errors.ts';
import { refuseIfShared } from './keys.ts';

/** Values of projects' secrets by the reference that `cairn.yaml` names. */
export interface Secrets {
  /** Throws NotFound, naming the key and never a value. */
  get(reference: string): Promise<string>;
}

const NAMES = ['secrets.yaml', 'secrets.yml', 'secrets.json'];

const content = z.record(z.string(), z.string());

/**
 * Secrets from one file of a folder: `secrets.yaml` (or `.yml`, `.json`), a map of key to text, mode 0600. It
 * is read again for each job, so that a changed value needs no restart.
 */
export function folderSecrets(dir: string): Secrets {
  return {
    async get(reference) {
      const file = await theFile(dir, reference);
      await refuseIfShared(file, 'secrets file');

      const found = read(file, await readFile(file, 'utf8'))[reference];
      if (found === undefined) {
        throw new NotFound(
          `there is no secret "${reference}" in ${file}: add the key, or correct cairn.yaml`,
        );
      }
      return found;
    },
  };
}

async function theFile(dir: string, reference: string): Promise<string> {
  const there: string[] = [];
  for (const name of NAMES) {
    const file = path.join(dir, name);
    if (await stat(file).catch(() => null)) there.push(file);
  }

  const [first, second] = there;
  if (!first) {
    throw new NotFound(
      `there is no secret "${reference}": write it to ${path.join(dir, 'secrets.yaml')} (mode 0600)`,
    );
  }
  if (second) throw new InvalidInput(`there are two secrets files, ${first} and ${second}: keep one of them`);

  return first;
}

function read(file: string, text: string): Record<string, string> {
  let value: unknown;
  try {
    value = parse(text, { logLevel: 'error' }) ?? {};
  } catch {
    // The parser's message quotes the line, which holds a secret: neither message nor cause may carry it.
    throw new InvalidInput(`${file} is not valid YAML or JSON: write one "KEY: text" a line`);
  }

  const checked = content.safeParse(value);
  if (checked.success) return Object.assign(Object.create(null), checked.data);

  const keys = checked.error.issues.map((issue) => issue.path.join('.')).filter((key) => key !== '');
  throw new InvalidInput(
    `${file} must be a map of key to text${keys.length > 0 ? `; not text: ${keys.join(', ')} (put quotes around the value)` : ''}`,
  );
}
