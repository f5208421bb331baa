import type { Hcl } from '../ports.ts';

/** Files that may hold blocks; others that a project has are data. */
export const SOURCE = /\.(?:tf|tofu)(?:\.json)?$/;

/** A block that reads a state, or hands on where to read one. */
export interface Read {
  /** `data.terraform_remote_state.network` */
  what: string;
  line: number;
  from:
    | { kind: 'foreign' | 'passed' | 'default' | 'unreadable' }
    /** By `cairn_state`; `project` null: of all that it depends on. `workspace`: it names one besides. */
    | { kind: 'own'; project: string | null; workspace: boolean };
}

/**
 * A text with the escapes of letters, digits and `_` written out: to terraform `"terraform\u005fremote_state"` is the
 * same word. What no name has stays escaped, so that a string does not end where it did not.
 */
export function spelledOut(text: string): string {
  const escapes = /\\\\|\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g;
  return text.replace(escapes, (written, short?: string, long?: string) => {
    const code = Number.parseInt(short ?? long ?? '', 16);
    const char = code < 128 ? String.fromCharCode(code) : '';
    return /^\w$/.test(char) ? char : written;
  });
}

/** Every read of a state in a file. Throws InvalidInput if it does not parse. */
export async function readsOf(path: string, written: string, hcl: Hcl): Promise<Read[]> {
  const text = spelledOut(written);
  // Nearly no file has one: the others are not parsed.
  if (!text.includes('terraform_remote_state') && !text.includes('cairn_state')) return [];
  const root = await hcl(path, text);
  const reads: Read[] = [];
  for (const data of each(root['data'])) {
    for (const blocks of each(data['terraform_remote_state'])) {
      for (const [name, value] of Object.entries(blocks)) {
        const line = lineOf(text, `data[\\s"]+terraform_remote_state[\\s"]+${escaped(name)}\\b`, name);
        for (const block of each(value)) {
          reads.push({ what: `data.terraform_remote_state.${name}`, line, from: sourceOf(block) });
        }
      }
    }
  }
  for (const variables of each(root['variable'])) {
    const [variable] = each(variables['cairn_state']);
    if (variable && isSomething(variable['default'])) {
      const line = lineOf(text, 'variable[\\s"]+cairn_state\\b', 'cairn_state');
      reads.push({ what: 'variable.cairn_state', line, from: { kind: 'default' } });
    }
  }
  for (const modules of each(root['module'])) {
    for (const [name, value] of Object.entries(modules)) {
      for (const call of each(value)) {
        if (call['cairn_state'] === undefined || isExpression(call['cairn_state'], /var\.cairn_state/))
          continue;
        const line = lineOf(text, `module[\\s"]+${escaped(name)}\\b`, name);
        reads.push({ what: `module.${name}`, line, from: { kind: 'passed' } });
      }
    }
  }
  return reads;
}

const NAMED = /^\$\{\s*var\.cairn_state(?:\.([\w-]+)|\[\s*"([^"$%\\]+)"\s*\])\.config\s*\}$/;

function sourceOf(block: Record<string, unknown>): Read['from'] {
  const { config, workspace, for_each: each } = block;
  if (typeof config !== 'string') return { kind: 'foreign' };
  const named = NAMED.exec(config);
  const ofEach = isExpression(config, /each\.value\.config/) && isExpression(each, /var\.cairn_state/);
  const ofKey = isExpression(config, /var\.cairn_state\[\s*each\.(?:key|value)\s*\]\.config/);
  if (!named && !ofEach && !ofKey) return { kind: 'foreign' };
  const project = named?.[1] ?? named?.[2] ?? null;
  return { kind: 'own', project, workspace: workspace !== undefined && workspace !== 'default' };
}

function isSomething(value: unknown): boolean {
  if (value === undefined || value === null) return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

/** The parser writes an expression as a template of nothing else. */
function isExpression(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && new RegExp(`^\\$\\{\\s*${pattern.source}\\s*\\}$`).test(value);
}

function lineOf(text: string, pattern: string, name: string): number {
  const at = text.search(new RegExp(pattern));
  // JSON nests what HCL writes in a row.
  const found = at >= 0 ? at : text.indexOf(`"${name}"`, Math.max(0, text.indexOf('terraform_remote_state')));
  return text.slice(0, Math.max(0, found)).split('\n').length;
}

function escaped(name: string): string {
  return name.replace(/[^A-Za-z0-9_]/g, '\\$&');
}

/** A block is an object or a list of them. */
function each(value: unknown): Record<string, unknown>[] {
  const list = Array.isArray(value) ? value : [value];
  return list.filter((item): item is Record<string, unknown> => typeof item === 'object' && item !== null);
}
