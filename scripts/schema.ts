import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { configSchema } from '../core/config/schema.ts';
import { infraConfig } from '../infra/config/schema.ts';

/** A file that people write, and what is made of its schema: a JSON schema for editors, a reference for the docs. */
interface Described {
  name: string;
  schema: z.ZodType;
  /** Where it stands, in the repository. */
  source: string;
  jsonFile: string;
  page: string;
}

export const CAIRN: Described = {
  name: 'cairn.yaml',
  schema: configSchema,
  source: 'core/config/schema.ts',
  jsonFile: file('schema/cairn.schema.json'),
  page: file('docs/configuration.md'),
};

export const INFRA: Described = {
  name: 'cairn.infra.yaml',
  schema: infraConfig,
  source: 'infra/config/schema.ts',
  jsonFile: file('schema/cairn.infra.schema.json'),
  page: file('docs/configuration-infra.md'),
};

const END = '<!-- end of the reference -->';

function file(name: string): string {
  return fileURLToPath(new URL(`../${name}`, import.meta.url));
}

export function jsonSchema({ name, schema }: Described): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return { $schema, title: name, ...rest };
}

/** The page with its reference made anew; what stands before and after it stays. */
export function withReference(page: string, { schema, source, page: name }: Described): string {
  const start = `<!-- reference: made by \`npx tsx scripts/schema.ts\` from ${source} -->`;
  const [from, to] = [page.indexOf(start), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`${name} has lost its marks:\n${start}\n${END}`);
  return `${page.slice(0, from + start.length)}\n\n${reference(schema, '')}${page.slice(to)}`;
}

interface Definition {
  type: string;
  innerType?: z.ZodType;
  shape?: Record<string, z.ZodType>;
  valueType?: z.ZodType;
  element?: z.ZodType;
  options?: readonly z.ZodType[];
  entries?: Record<string, string>;
  values?: readonly unknown[];
}

/** One table per map of keys, outer ones first. */
function reference(schema: z.ZodType, path: string): string {
  const { shape = {} } = definitionOf(schema);
  const rows = Object.entries(shape).map(([key, value]) => {
    const type = typeOf(value) + (value.safeParse(undefined).success ? '' : ', required');
    return `| \`${key}\` | ${type} | ${describe(value).replaceAll('|', '\\|')} |\n`;
  });
  const title = path === '' ? '### The file' : `### \`${path}\``;
  const inner = Object.entries(shape).map(([key, value]) =>
    innerReference(value, path === '' ? key : `${path}.${key}`),
  );
  return `${title}\n\n| key | type | what it does |\n| --- | --- | --- |\n${rows.join('')}\n${inner.join('')}`;
}

function innerReference(schema: z.ZodType, path: string): string {
  const definition = definitionOf(schema);
  if (definition.shape) return reference(schema, path);
  if (definition.element) return innerReference(definition.element, `${path}[]`);
  return definition.valueType ? innerReference(definition.valueType, `${path}.NAME`) : '';
}

function typeOf(schema: z.ZodType): string {
  const { type, shape, element, valueType, entries, options, values } = definitionOf(schema);
  if (options) return options.map(typeOf).join(' or ');
  if (values) return values.map((value) => `\`${value}\``).join(' or ');
  if (entries)
    return Object.values(entries)
      .map((value) => `\`${value}\``)
      .join(' or ');
  if (element) return `list of ${plural(typeOf(element))}`;
  if (shape) return 'keys below';
  if (valueType)
    return definitionOf(valueType).shape ? 'names, each with the keys below' : 'names with values';
  return { string: 'text', boolean: '`true` or `false`', number: 'whole number' }[type] ?? type;
}

function plural(type: string): string {
  return { text: 'texts', 'keys below': 'entries with the keys below' }[type] ?? type;
}

function describe(schema: z.ZodType): string {
  return schema.description ?? definitionOf(schema).innerType?.description ?? '';
}

/** Without what makes it optional. */
function definitionOf(schema: z.ZodType): Definition {
  const definition = schema.def as unknown as Definition;
  return definition.innerType ? definitionOf(definition.innerType) : definition;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const described of [CAIRN, INFRA]) {
    mkdirSync(dirname(described.jsonFile), { recursive: true });
    writeFileSync(described.jsonFile, `${JSON.stringify(jsonSchema(described), null, 2)}\n`);
    writeFileSync(described.page, withReference(readFileSync(described.page, 'utf8'), described));
    // Laid out as everything else here is.
    execFileSync(file('node_modules/.bin/biome'), ['format', '--write', described.jsonFile]);
  }
}
