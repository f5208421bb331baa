/** A file or folder that a Terraform file names by a literal path; what it reads is below it, or is it. */
export interface Input {
  /** What the path is relative to: the module's own folder, or the root module's. */
  from: 'module' | 'root';
  /** Without a trailing `/`; cut at the last `/` before an interpolation. */
  path: string;
}

/** Functions whose first argument is a path. A path without `${path.module}` is relative to the root module. */
export const PATH_FUNCTIONS: ReadonlySet<string> = new Set([
  'file',
  'filebase64',
  'filebase64sha256',
  'filebase64sha512',
  'fileexists',
  'filemd5',
  'fileset',
  'filesha1',
  'filesha256',
  'filesha512',
  'templatefile',
]);

const PLACES: readonly (readonly [string, Input['from']])[] = [
  ['${path.module}', 'module'],
  ['${path.root}', 'root'],
  ['${path.cwd}', 'root'],
];

/**
 * The input that the text between two quotes names. Any string that starts with `${path.module}` counts, not
 * only an argument of `file()`: providers read files too (`archive_file`, `aws_s3_object`). Null if it names none.
 */
export function inputOf(raw: string, pathArgument: boolean): Input | null {
  if (raw.startsWith('${')) {
    // Spaces as in "${ path.module }" are rare: looked at only where the short form does not fit.
    const text = /^\$\{\s/.test(raw) ? raw.replace(/^\$\{\s{1,20}(path\.\w{1,10})\s{0,20}\}/, '${$1}') : raw;
    for (const [prefix, from] of PLACES) {
      if (text.startsWith(prefix))
        return { from, path: literalPart(text.slice(prefix.length).replace(/^\/+/, '')) };
    }
    return null;
  }
  return pathArgument && !raw.startsWith('/') && !raw.startsWith('~')
    ? { from: 'root', path: literalPart(raw) }
    : null;
}

/** What stands before the first interpolation: whole, or else the folder that it is surely in. */
export function literalPart(raw: string): string {
  const cut = raw.search(/(?<!\$)\$\{|(?<!%)%\{/);
  const path = cut < 0 ? raw : raw.slice(0, raw.lastIndexOf('/', cut) + 1);
  return unescaped(path).replace(/\/+$/, '') || '.';
}

const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(["\\nrt]))|([$%])[$%]\{/g;
const SIGN: Record<string, string> = { n: '\n', r: '\r', t: '\t' };

/** A quoted HCL string without its escapes. */
export function unescaped(text: string): string {
  if (!text.includes('\\') && !text.includes('{')) return text;
  return text.replace(ESCAPE, (all, short?: string, long?: string, sign?: string, template?: string) => {
    if (template !== undefined) return `${template}{`;
    if (sign !== undefined) return SIGN[sign] ?? sign;
    const code = Number.parseInt(short ?? long ?? '', 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : all;
  });
}

const ARGUMENT =
  /^\s*([A-Za-z_][\w-]*)\s*=\s*(?:"((?:[^"\\$%]|\\["\\])*)"|(true|false)|(-?\d{1,15}))\s*(?:(?:#|\/\/).*)?$/;

/** Arguments of a block of nothing but `name = literal` lines; null if there is more to it. */
export function literalArguments(body: string): Record<string, string | number | boolean> | null {
  const config: Record<string, string | number | boolean> = {};
  for (const line of body.split('\n')) {
    if (/^\s*(?:(?:#|\/\/).*)?$/.test(line)) continue;
    const [, name, text, flag, number] = ARGUMENT.exec(line) ?? [];
    if (name === undefined || Object.hasOwn(config, name)) return null;
    config[name] =
      text !== undefined ? unescaped(text) : flag !== undefined ? flag === 'true' : Number(number);
  }
  return config;
}
