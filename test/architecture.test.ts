import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { circles, type Import, importsBelow, importsIn } from './support/imports.ts';

/**
 * What each part may import, beside itself. A folder that has parts of its own in this table stands for the files
 * right in it. Core decides and knows nobody; adapters know core; hosts (lambdas, executor, local) put both
 * together and know nothing of each other; infra deploys the hosts of AWS; the CLI talks to all.
 */
const MAY_IMPORT: Record<string, readonly string[]> = {
  core: [],
  adapters: ['core'],
  'adapters/aws': ['core', 'adapters', 'adapters/github', 'adapters/slack'],
  'adapters/github': ['core', 'adapters'],
  'adapters/local': ['core', 'adapters'],
  'adapters/slack': ['core', 'adapters'],
  api: ['core'],
  executor: ['core'],
  'executor/aws': ['core', 'adapters/aws', 'executor'],
  lambdas: ['core', 'adapters', 'adapters/aws', 'adapters/github', 'api'],
  local: [
    'core',
    'adapters',
    'adapters/github',
    'adapters/local',
    'adapters/slack',
    'api',
    'executor',
    'examples',
  ],
  infra: ['core', 'adapters/aws', 'executor/aws', 'lambdas', 'scripts'],
  cli: ['core', 'adapters', 'api', 'executor/aws', 'infra', 'local'],
  scripts: ['core', 'infra'],
  examples: ['infra'],
};

/** Single files that a part may import besides: `part -> file`. */
const EXCEPTIONS = new Set([
  // Where Cairn is installed: no matter of one host.
  'infra -> local/root.ts',
]);

/** Packages that are there only where Cairn is developed, and may yet be imported: `file -> package`. */
const DEVELOPMENT = new Set([
  // Rules for the templates, which are applied where Cairn is deployed from its sources.
  'infra/app.ts -> cdk-nag',
]);

const PARTS = Object.keys(MAY_IMPORT);
const FOLDERS = [...new Set(PARTS.map((part) => part.split('/')[0] ?? part))];
const IMPORTS = importsBelow(FOLDERS);

/** The most particular part that a file stands in; null for files of no part. */
function partOf(file: string): string | null {
  const holding = PARTS.filter((part) => file.startsWith(`${part}/`));
  return holding.sort((a, b) => b.length - a.length)[0] ?? null;
}

function* all(): Generator<[file: string, imported: Import]> {
  for (const [file, imports] of IMPORTS) for (const imported of imports) yield [file, imported];
}

describe('the reader of imports', () => {
  it('finds each form, and tells types apart', () => {
    const text = `import { a } from './a.ts';
import type { B } from '../b.ts';
import { type C, type D } from 'zod';
import e, { type F } from '@aws-sdk/client-s3';
import 'node:fs';
export { g } from './g.ts';
export type { H } from './h.ts';
import {
  i,
} from 'hono/http-exception';
const j = await import('./j.ts');
type K = typeof import('./k.ts');
`;

    const found = importsIn('core/x/y.ts', text).map(
      ({ of, typeOnly }) => `${of}${typeOnly ? ' (type)' : ''}`,
    );

    expect(found).toEqual([
      'core/x/a.ts',
      'core/b.ts (type)',
      'zod (type)',
      '@aws-sdk/client-s3',
      'node:fs',
      'core/x/g.ts',
      'core/x/h.ts (type)',
      'hono',
      'core/x/j.ts',
      'core/x/k.ts (type)',
    ]);
  });

  it('finds a circle, also one through a type', () => {
    const of = (file: string, typeOnly = false): Import => ({ of: file, kind: 'file', typeOnly });
    const imports = new Map([
      ['a', [of('b')]],
      ['b', [of('c')]],
      ['c', [of('b'), of('d', true)]],
      ['d', [of('a')]],
    ]);

    expect(circles(imports)).toEqual(['b -> c -> b', 'a -> b -> c -> d -> a']);
  });

  it('reads the whole repository', () => {
    const files = [...IMPORTS.keys()];

    expect(PARTS.filter((part) => !files.some((file) => partOf(file) === part))).toEqual([]);
    expect(IMPORTS.get('lambdas/on-aws.ts')?.map(({ of }) => of)).toContain('lambdas/aws-ports.ts');
  });
});

describe('the parts of Cairn', () => {
  it('import only what is below them, types included', () => {
    const wrong = [...all()].flatMap(([file, { of, kind }]) => {
      const [from, to] = [partOf(file), kind === 'file' ? partOf(of) : null];
      if (from === null || to === null || from === to) return [];
      if (MAY_IMPORT[from]?.includes(to) || EXCEPTIONS.has(`${from} -> ${of}`)) return [];
      return [`${file} imports ${of}: ${from} may not know ${to}`];
    });

    expect(wrong).toEqual([]);
  });

  it('import nothing of tests and benchmarks', () => {
    const wrong = [...all()].filter(([, { of, kind }]) => kind === 'file' && /^(test|bench)\//.test(of));

    expect(wrong.map(([file, { of }]) => `${file} -> ${of}`)).toEqual([]);
  });

  it('go in no circle', () => {
    expect(circles(IMPORTS)).toEqual([]);
  });
});

it('what runs where Cairn is installed needs no package that only its development has', () => {
  const { dependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    dependencies: Record<string, string>;
  };

  const missing = [...all()]
    .filter(([file, { of, kind, typeOnly }]) => {
      if (kind === 'file' || typeOnly || of.startsWith('node:') || file.startsWith('scripts/')) return false;
      return !Object.hasOwn(dependencies, of) && !DEVELOPMENT.has(`${file} -> ${of}`);
    })
    .map(([file, { of }]) => `${file} -> ${of}`);

  expect(missing).toEqual([]);
});
