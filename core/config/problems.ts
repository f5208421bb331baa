import { type Document, isMap, isNode, isScalar, isSeq, type LineCounter, type Node } from 'yaml';
import type { z } from 'zod';
import { didYouMean } from '../projects/nearest.ts';
import { configSchema } from './schema.ts';

/** What is needed to say where in the file something stands. */
export interface Found {
  file: string;
  document: Document;
  lines: LineCounter;
  /** Of the file, to name the keys that it knows; that of `cairn.yaml` if absent. */
  schema?: z.ZodType;
}

type Path = readonly PropertyKey[];
type Issue = z.core.$ZodIssue;

/** One line per problem, as `cairn.yaml:12:3: environments.prod: unknown key "aproval"`. */
export function problemsOf(issues: readonly Issue[], found: Found): string[] {
  const lines = issues.flatMap((issue) => linesOf(issue, [], found));
  return lines.sort((a, b) => place(a) - place(b));
}

/** In the order of the file. */
function place(problem: string): number {
  const [, line, column] = /:(\d+):(\d+)/.exec(problem) ?? [];
  return Number(line) * 10_000 + Math.min(Number(column), 9_999);
}

function linesOf(issue: Issue, prefix: Path, found: Found): string[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(path, found.schema ?? configSchema);
    return issue.keys.map(
      (key) =>
        `${where(found, [...path, key], path)}: unknown key "${key}"${didYouMean(key, known) || `; known are ${known.join(', ')}`}`,
    );
  }
  if (issue.code === 'invalid_key') {
    return issue.issues.map((inner) => `${where(found, path, path)}: ${inner.message}`);
  }
  return [`${where(found, path)}: ${messageOf(issue)}`];
}

function messageOf(issue: Issue): string {
  if (issue.code === 'invalid_type') {
    const wanted: Record<string, string> = {
      object: 'a map of keys',
      array: 'a list',
      int: 'a whole number',
      record: 'a map of keys',
      string: 'text',
    };
    const expected = wanted[issue.expected] ?? `a ${issue.expected}`;
    return issue.input === undefined
      ? `is missing; it is ${expected}`
      : `must be ${expected}, not ${kindOf(issue.input)}`;
  }
  if (issue.code === 'invalid_value') {
    const values = issue.values.map(String);
    const given = typeof issue.input === 'string' ? didYouMean(issue.input, values) : '';
    return `must be one of ${values.join(', ')}${given}`;
  }
  return issue.message;
}

function kindOf(input: unknown): string {
  if (input === null) return 'empty';
  if (Array.isArray(input)) return 'a list';
  if (typeof input === 'object') return 'a map';
  return `${typeof input === 'string' ? 'the text' : 'the'} ${typeof input === 'string' ? '' : `${typeof input} `}${JSON.stringify(input)}`;
}

/** `file:line:column: a.b.c` of a value, or of the nearest part of its path that is in the file. */
export function where(found: Found, path: Path, shown: Path = path): string {
  const { line, col } = found.lines.linePos(offsetOf(found.document, path));
  const name = shown.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : `${text}${text === '' ? '' : '.'}${String(part)}`,
    '',
  );
  return `${found.file}:${line}:${col}${name === '' ? '' : `: ${name}`}`;
}

function offsetOf(document: Document, path: Path): number {
  let node: unknown = document.contents;
  let offset = start(document.contents) ?? 0;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(part));
      if (!pair) return offset;
      // A key says where better than its value, which may be on another line.
      offset = start(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(part)];
      offset = start(node) ?? offset;
    } else {
      return offset;
    }
  }
  return offset;
}

function start(node: unknown): number | undefined {
  return isNode(node) ? ((node as Node).range?.[0] ?? undefined) : undefined;
}

/** Keys that the schema knows at a path. */
function knownKeys(path: Path, file: z.ZodType): string[] {
  let schema: unknown = file;
  for (const part of path) {
    const def = unwrap(schema);
    if (def.shape) schema = def.shape[String(part)];
    else schema = def.valueType ?? def.element;
  }
  return Object.keys(unwrap(schema).shape ?? {});
}

interface Definition {
  innerType?: unknown;
  shape?: Record<string, unknown>;
  valueType?: unknown;
  element?: unknown;
}

function unwrap(schema: unknown): Definition {
  const def = (schema as { def?: Definition } | undefined)?.def ?? {};
  return def.innerType ? unwrap(def.innerType) : def;
}
