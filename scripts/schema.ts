import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { configSchema } from '../core/projects/config-schema.ts';

/** Writes what is made of the schema of `cairn.yaml`: its JSON schema, and the reference in the documentation. */
export const SCHEMA_FILE = fileURLToPath(new URL('../schema/cairn.schema.json', import.meta.url));
export const REFERENCE_FILE = fileURLToPath(new URL('../docs/configuration.md', import.meta.url));

const START = '<!-- reference: made by `npx tsx scripts/schema.ts` from core/projects/config-schema.ts -->';
const END = '<!-- end of the reference -->';

/** For editors: JSON schema of `cairn.yaml` as it is written. */
export function jsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(configSchema, { io: 'input' });
  return { $schema, title: 'cairn.yaml', ...schema };
}

/** The page with its reference made anew; what stands before and after it stays. */
export function withReference(page: string): string {
  const [from, to] = [page.indexOf(START), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`docs/configuration.md has lost its marks:\n${START}\n${END}`);
  return `${page.slice(0, from + START.length)}\n\n${reference(configSchema, '')}${page.slice(to)}`;
}

interface Definition {
  type: string;
  innerType?: z.ZodType;
  shape?: Record<string, z.ZodType>;
  valueType?: z.ZodType;
  element?: z.ZodType;
  options?: readonly z.ZodType[];
  entries?: Record<string, string>;
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
  const { type, shape, element, valueType, entries } = definitionOf(schema);
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
  mkdirSync(fileURLToPath(new URL('../schema/', import.meta.url)), { recursive: true });
  writeFileSync(SCHEMA_FILE, `${JSON.stringify(jsonSchema(), null, 2)}\n`);
  writeFileSync(REFERENCE_FILE, withReference(readFileSync(REFERENCE_FILE, 'utf8')));
  // Laid out as everything else here is.
  execFileSync(fileURLToPath(new URL('../node_modules/.bin/biome', import.meta.url)), [
    'format',
    '--write',
    SCHEMA_FILE,
  ]);
}
