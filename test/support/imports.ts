import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export interface Import {
  /** A file by its path from the repository's root, a package, or `node:…`. */
  of: string;
  kind: 'file' | 'package';
  /** Gone once it is compiled. */
  typeOnly: boolean;
}

const ROOT = path.join(import.meta.dirname, '../..');

const STATEMENT =
  /^(?:import|export)\s+(?<what>type\s[^'";]*?|[^'";]*?)\s*from\s*'(?<from>[^']+)'|^import\s*'(?<bare>[^']+)'/gm;
const CALL = /\bimport\('(?<from>[^']+)'\)(?<member>\.\w+)?/g;

/** Imports and re-exports of a TypeScript file, in the form that the formatter gives them. */
export function importsIn(file: string, text: string): Import[] {
  const statements = [...text.matchAll(STATEMENT)].map(({ groups = {} }) =>
    importOf(file, groups['from'] ?? groups['bare'] ?? '', isType(groups['what'])),
  );
  // `typeof import('…')` and `import('…').Name` are types; where it is called for its value, it is awaited or handed on.
  const calls = [...text.matchAll(CALL)].map(({ groups = {}, index }) =>
    importOf(
      file,
      groups['from'] ?? '',
      /typeof\s*$/.test(text.slice(0, index)) || !!groups['member']?.match(/^\.[A-Z]/),
    ),
  );
  return [...statements, ...calls];
}

function isType(what = ''): boolean {
  const names = /^\{([^}]*)\}$/.exec(what.trim())?.[1];
  if (names === undefined) return what.startsWith('type ');
  const parts = names.split(',').filter((part) => part.trim() !== '');
  return parts.length > 0 && parts.every((part) => /^\s*type\s/.test(part));
}

function importOf(file: string, from: string, typeOnly: boolean): Import {
  if (from.startsWith('.'))
    return { of: path.posix.join(path.posix.dirname(file), from), kind: 'file', typeOnly };
  const depth = from.startsWith('@') ? 2 : 1;
  return {
    of: from.startsWith('node:') ? from : from.split('/').slice(0, depth).join('/'),
    kind: 'package',
    typeOnly,
  };
}

/** TypeScript files below these folders -> their imports. */
export function importsBelow(folders: readonly string[]): Map<string, Import[]> {
  const files = folders.flatMap((folder) =>
    readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts') && !name.includes('node_modules'))
      .map((name) => path.posix.join(folder, name)),
  );
  return new Map(files.map((file) => [file, importsIn(file, readFileSync(path.join(ROOT, file), 'utf8'))]));
}

/** Files that import each other in a circle, be it for a type: none of them can be read before the others. */
export function circles(imports: ReadonlyMap<string, readonly Import[]>): string[] {
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (file: string, way: string[]): void => {
    const start = way.indexOf(file);
    if (start >= 0) found.push([...way.slice(start), file].join(' -> '));
    if (start >= 0 || done.has(file)) return;
    for (const { of } of imports.get(file) ?? []) visit(of, [...way, file]);
    done.add(file);
  };
  for (const file of imports.keys()) visit(file, []);
  return found;
}
