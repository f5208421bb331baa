import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseHcl } from '../../../../adapters/hcl.ts';
import { scanJson } from '../../../../core/projects/hcl/json-scan.ts';
import { scanHcl } from '../../../../core/projects/hcl/scan.ts';

describe('scanHcl', () => {
  it('finds what discovery needs', () => {
    const scan = scanHcl(`
terraform {
  required_version = ">= 1.5"
  backend "s3" {
    bucket = "b" # why
    key    = "k"
  }
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  region = "x"
}
variable "v" {}
module "a" { source = "./a" }
module "b" {
  source = "../b"
  x      = templatefile("\${path.module}/t.tpl", { name = "n" })
  y      = file("plain.txt")
  z      = { w = fileset(path.module, "**/*.json") }
}
`);

    expect(scan).toMatchObject({
      modules: ['./a', '../b'],
      requiredVersions: ['>= 1.5'],
      providers: ['aws'],
      wantsValues: true,
      broken: null,
    });
    expect(scan.backends.map(({ type, config }) => ({ type, config }))).toEqual([
      { type: 's3', config: { bucket: 'b', key: 'k' } },
    ]);
    expect(scan.inputs).toEqual([
      { from: 'module', path: 't.tpl' },
      { from: 'root', path: 'plain.txt' },
      { from: 'module', path: '.' },
    ]);
  });

  it('is not taken in by comments, strings and heredocs', () => {
    const scan = scanHcl(`# module "x" { source = "./no" }
// module "x" { source = "./no" }
/* module "x" { source = "./no" } */
locals {
  a = "module \\"x\\" { source = \\"./no\\" }"
  b = <<-EOT
    module "x" { source = "./no" }
    "quote { \${upper("module { ${'$'}{path.module}")}
    EOT
  c = "$\${path.module}/no"
  d = { source = "./no" }
}
module "yes" {
  providers = { source = "./no" }
  source    = "./yes"
}
`);

    expect(scan.modules).toEqual(['./yes']);
    expect(scan.inputs).toEqual([]);
    expect(scan.broken).toBeNull();
  });

  it.each([
    ['module "x" {\n  source = "./x"\n', 'line 1: what "{" opens is not closed'],
    ['a = [1, 2\nb = 3\n}\n', 'line 3: "}" closes nothing'],
    ['a = "x\nb = 1\n', 'line 1: the string is not closed'],
    ['a = <<EOT\nx\n', 'line 1: what <<EOT opens is not closed'],
    ['/* a', 'line 1: the comment is not closed'],
    ['a = "${', 'line 1: what "{" opens is not closed'],
  ])('says that %j is broken', (text, why) => {
    expect(scanHcl(text).broken).toBe(why);
  });

  it('still reads what a broken file calls', () => {
    expect(scanHcl('locals {\n  a = [\n}\nmodule "m" {\n  source = "../y"\n').modules).toEqual(['../y']);
  });

  it('never throws', () => {
    const pieces = fc.constantFrom(
      '"',
      '${',
      '}',
      '{',
      '%{',
      '<<E\n',
      'E\n',
      '\\',
      '/*',
      '*/',
      '#',
      '\n',
      'a',
      ' = ',
      '(',
      ')',
      '[',
      'é',
    );
    const texts = fc.oneof(
      fc.string(),
      fc.array(pieces, { maxLength: 60 }).map((list) => list.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        scanHcl(text);
        scanJson(text);
        scanHcl(text, true);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    '{',
    '"${',
    '"',
    '[',
    '(',
    '}',
    '<<A\n',
    'a "b" {',
    '"${path.module}',
    '$${',
    '/*',
    '${"',
    'fileset(path.module',
  ])('goes through half a million characters of %j without going back', (piece) => {
    const text = piece.repeat(500_000 / piece.length);
    const started = performance.now();

    scanHcl(text);

    // A fraction of a second; if the time grew with the square of the size it would be hours.
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

const word = fc.stringMatching(/^[a-z][a-z0-9_]{0,6}$/);
const text = fc.string({
  unit: fc.constantFrom(...'abcXYZ019 _-./{}[]()#=<>\'$%"\\\n\té'.split('')),
  maxLength: 12,
});
const quoted = text.map(
  (t) =>
    `"${t
      .replace(/[\\"]/g, '\\$&')
      .replace(/\n/g, '\\n')
      .replace(/\t/g, '\\t')
      .replace(/([$%])(?=\{)/g, '$1$1')}"`,
);
const heredoc = fc
  .array(
    text.map((t) => t.replace(/[\n"\\]/g, ' ').replace(/[$%]/g, '')),
    { maxLength: 3 },
  )
  .map((lines) => `<<-EOT\n${lines.map((line) => `x ${line}\n`).join('')}    EOT`);
const expression: fc.Arbitrary<string> = fc.oneof(
  quoted,
  heredoc,
  fc.constantFrom(
    '1',
    'true',
    'var.a',
    'local.b[0].c',
    '[for x in var.y : x]',
    '{ a = 1, b = [2] }',
    '"a${upper("b${var.c}")}d"',
  ),
  quoted.map((q) => `upper(${q})`),
  quoted.map((q) => `{ source = ${q} }`),
);
const comment = fc.constantFrom('', '', ' # { "', ' // ${', ' /* } */');
const attributes = fc.uniqueArray(fc.tuple(word, expression, comment), {
  maxLength: 4,
  selector: ([name]) => name,
});
const lines = (list: [string, string, string][]) =>
  list.map(([name, value, end]) => `  ${name} = ${value}${value.startsWith('<<') ? '' : end}\n`).join('');
const notSource = attributes.map((list) => list.filter(([name]) => name !== 'source'));

const moduleBlock = fc
  .tuple(
    word,
    quoted.filter((q) => q !== '""'),
    notSource,
    notSource,
  )
  .map(([name, source, before, after]) => ({
    name,
    text: (n: number) =>
      `module "m${n}_${name}" {\n${lines(before)}  source = ${source}\n${lines(after.filter(([a]) => !before.some(([b]) => a === b)))}}\n`,
  }));
const backendBlock = fc
  .tuple(
    word,
    fc.uniqueArray(fc.tuple(word, fc.oneof(quoted, fc.constantFrom('true', '7', '-3'))), {
      selector: ([n]) => n,
      maxLength: 4,
    }),
  )
  .map(
    ([type, list]) =>
      `terraform {\n  backend "${type}" {\n${list.map(([n, v]) => `    ${n} = ${v}\n`).join('')}  }\n}\n`,
  );
const otherBlock = fc
  .tuple(word, attributes)
  .map(([name, list]) => `resource "t_${name}" "${name}" {\n${lines(list)}}\n`);

describe('scanHcl and the official parser', () => {
  it('agree on module sources and backends of generated files', async () => {
    const file = fc
      .tuple(
        fc.array(moduleBlock, { maxLength: 3 }),
        fc.option(backendBlock),
        fc.array(otherBlock, { maxLength: 2 }),
      )
      .map(
        ([modules, backend, others]) =>
          others.join('') + (backend ?? '') + modules.map((m, n) => m.text(n)).join(''),
      );

    await fc.assert(
      fc.asyncProperty(file, async (hcl) => {
        const scan = scanHcl(hcl);
        const parsed = (await parseHcl('main.tf', hcl)) as Parsed;

        const calls = Object.values(parsed.module ?? {}).flat();
        const [backend] = Object.entries(parsed.terraform?.[0]?.backend ?? {});
        expect(scan.broken).toBeNull();
        expect([...scan.modules].map(folder).sort()).toEqual(
          calls.map((call) => folder(unescaped(call.source))).sort(),
        );
        expect(scan.backends[0]?.type).toBe(backend?.[0]);
        if (scan.backends[0]?.config) expect(asTemplates(scan.backends[0].config)).toEqual(backend?.[1][0]);
      }),
      { numRuns: 150 },
    );
  });
});

interface Parsed {
  module?: Record<string, { source: string }[]>;
  terraform?: { backend?: Record<string, Record<string, unknown>[]> }[];
}

/** The scanner makes folders of sources. */
function folder(source: string): string {
  return source.replace(/\/+$/, '') || '.';
}

/** hcl2json leaves escapes of templates as they are; the scanner has read them. */
function unescaped(source: string): string {
  return source.replace(/([$%])\1\{/g, '$1{');
}

function asTemplates(config: Record<string, string | number | boolean>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(config).map(([k, v]) => [
      k,
      typeof v === 'string' ? v.replace(/([$%])(?=\{)/g, '$1$1') : v,
    ]),
  );
}

describe('scanJson', () => {
  it('finds the same in the JSON syntax', () => {
    const scan = scanJson(
      JSON.stringify({
        terraform: [{ backend: { s3: { bucket: 'b', key: 'k' } }, required_version: '>= 1' }],
        provider: { aws: [{ region: 'x' }] },
        variable: { a: { type: 'string' } },
        module: { one: { source: './a' }, two: [{ source: '../b' }] },
        locals: { x: '${file("${path.module}/in.txt")}', y: '${path.module}/dir/${var.a}' },
      }),
    );

    expect(scan).toMatchObject({
      modules: ['./a', '../b'],
      providers: ['aws'],
      wantsValues: true,
      broken: null,
    });
    expect(scan.backends[0]).toMatchObject({ type: 's3', config: { bucket: 'b', key: 'k' } });
    expect(scan.inputs).toEqual(
      expect.arrayContaining([
        { from: 'module', path: 'in.txt' },
        { from: 'module', path: 'dir' },
      ]),
    );
  });

  it('says why it is broken', () => {
    expect(scanJson('{').broken).toMatch(/JSON/);
  });
});
