import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { JobRefused } from '../outcome.ts';
import { satisfies } from './constraint.ts';

export interface Binary {
  path: string;
  version: string;
  binary: 'terraform' | 'tofu';
}

interface Wanted {
  /** `required_version` of the root, one for each time it is said. */
  constraints: { text: string; where: string }[];
  /** From `.terraform-version` or `.opentofu-version`. */
  pinned: { version: string; binary: Binary['binary']; where: string } | null;
}

/** Which version a root asks for. Modules it calls may ask too; terraform itself checks those. */
export function wantedVersion(src: string, dir: string): Wanted {
  const root = join(src, dir);
  const constraints: Wanted['constraints'] = [];
  for (const file of readdirSync(root)) {
    if (!/\.(tf|tofu)(\.json)?$/.test(file)) continue;
    const text = readFileSync(join(root, file), 'utf8');
    if (!text.includes('required_version')) continue;
    const found = file.endsWith('.json') ? fromJson(text) : fromHcl(text);
    constraints.push(...found.map((constraint) => ({ text: constraint, where: join(dir, file) })));
  }
  return { constraints, pinned: pinnedVersion(src, dir) };
}

/** The first that fits, in the order the host offers them. */
export function pickVersion(wanted: Wanted, offered: readonly Binary[]): Binary {
  for (const { text, where } of wanted.constraints) {
    if (satisfies('1.0.0', text) === null) {
      throw new JobRefused(
        `${where}: required_version "${text}" is not a version constraint. Write it as ">= 1.5, < 2.0".`,
      );
    }
  }
  const fitting = offered.find((binary) => fits(wanted, binary));
  if (fitting) return fitting;
  const asked = [
    ...wanted.constraints.map(({ text, where }) => `${where} asks for "${text}"`),
    ...(wanted.pinned
      ? [`${wanted.pinned.where} asks for ${wanted.pinned.binary} ${wanted.pinned.version}`]
      : []),
  ];
  const here =
    offered.map(({ binary, version }) => `${binary} ${version}`).join(', ') || 'neither terraform nor tofu';
  throw new JobRefused(
    `No fitting terraform: ${asked.join(' and ') || 'any version would do'}, this host offers ${here}. ` +
      'Install one that fits, or change the constraint.',
  );
}

function fits({ constraints, pinned }: Wanted, { version, binary }: Binary): boolean {
  if (pinned && (pinned.binary !== binary || !fitsPin(version, pinned.version))) return false;
  return constraints.every(({ text }) => satisfies(version, text) === true);
}

/** tfenv's words: a version, `latest`, `latest:^1.5`, `min-required`, `latest-allowed`. */
function fitsPin(version: string, pin: string): boolean {
  if (pin === 'latest' || pin === 'min-required' || pin === 'latest-allowed') return true;
  if (pin.startsWith('latest:')) return matches(version, pin.slice('latest:'.length));
  return version === pin.replace(/^v/, '');
}

function matches(version: string, pattern: string): boolean {
  try {
    return new RegExp(pattern).test(version);
  } catch {
    return false;
  }
}

/** The nearest one from the root module up to the root of the repository. */
function pinnedVersion(src: string, dir: string): Wanted['pinned'] {
  const parts = dir === '.' ? [] : dir.split('/');
  for (let depth = parts.length; depth >= 0; depth -= 1) {
    const folder = parts.slice(0, depth).join('/');
    for (const [name, binary] of [
      ['.terraform-version', 'terraform'],
      ['.opentofu-version', 'tofu'],
    ] as const) {
      const path = join(src, folder, name);
      if (!existsSync(path)) continue;
      const version = readFileSync(path, 'utf8').trim();
      if (version !== '') return { version, binary, where: join(folder, name) };
    }
  }
  return null;
}

/**
 * Finds the setting without a parser of HCL (the official one is 10 MB of wasm): comments and heredocs are
 * taken out first. Should it be overlooked, terraform's own check at `init` still stands.
 */
function fromHcl(text: string): string[] {
  const code = text
    .replace(/<<-?\s*([A-Za-z_]\w*)[^\n]*\n[\s\S]*?\n\s*\1\b/g, '""')
    .replace(/"(?:[^"\\\n]|\\.)*"|\/\*[\s\S]*?\*\/|(?:#|\/\/)[^\n]*/g, (token) =>
      token.startsWith('"') ? token : ' ',
    );
  return [...code.matchAll(/(?:^|[\s{;])required_version\s*=\s*"([^"]*)"/g)].map((match) => match[1] ?? '');
}

function fromJson(text: string): string[] {
  try {
    const blocks: unknown = (JSON.parse(text) as { terraform?: unknown }).terraform;
    const found = (Array.isArray(blocks) ? blocks : [blocks]) as (
      | { required_version?: unknown }
      | undefined
    )[];
    return found.map((block) => block?.required_version).filter((value) => typeof value === 'string');
  } catch {
    return [];
  }
}
