import { isRecord } from '../../plans/canonical.ts';
import { plural, quoted, shorten, visible } from '../text.ts';
import { parseJsonString } from './json-string.ts';
import { DEEPEST, type Frame, type Lines, type Marker, TOO_DEEP } from './lines.ts';
import { isHidden, readable, UNKNOWN } from './resolve.ts';

/** Writes a value in full, each of its lines with the same marker. */
export function writeWhole(out: Lines, marker: Marker, depth: number, frame: Frame, of: unknown): void {
  const { before, comma, note } = frame;
  const value = readable(of);
  const inline = inlineOf(value);
  if (inline !== null) {
    out.write(marker, depth, `${before}${inline}${comma}${note}`);
    return;
  }
  if (depth > DEEPEST) {
    out.write(marker, depth, `${before}${TOO_DEEP}${comma}${note}`);
    return;
  }
  if (typeof value === 'string') {
    writeText(out, marker, depth, frame, value);
    return;
  }
  const list = Array.isArray(value);
  out.write(marker, depth, `${before}${list ? '[' : '{'}${note}`);
  writeInside(out, marker, depth + 2, value);
  out.write(marker, depth, `${list ? ']' : '}'}${comma}`);
}

function writeInside(out: Lines, marker: Marker, depth: number, value: unknown): void {
  if (Array.isArray(value)) {
    for (const item of value) writeWhole(out, marker, depth, { before: '', comma: ',', note: '' }, item);
    return;
  }
  const entries = Object.entries(value as Record<string, unknown>).sort(([a], [b]) => (a < b ? -1 : 1));
  const pad = padding(entries.map(([key]) => key));
  for (const [key, item] of entries) {
    writeWhole(out, marker, depth, { before: `${pad(key)} = `, comma: '', note: '' }, item);
  }
}

function writeText(out: Lines, marker: Marker, depth: number, frame: Frame, text: string): void {
  const json = parseJsonString(text);
  if (json !== undefined) {
    out.write(marker, depth, `${frame.before}jsonencode(${frame.note}`);
    writeWhole(out, marker, depth + 2, { before: '', comma: '', note: '' }, json);
    out.write(marker, depth, `)${frame.comma}`);
    return;
  }
  out.write(marker, depth, `${frame.before}<<-EOT${frame.note}`);
  for (const line of textLines(text)) out.write(marker, depth + 2, visible(line));
  out.write(marker, depth, `EOT${frame.comma}`);
}

/** The lines of a heredoc; its last line feed ends the last line and begins none. */
export function textLines(text: string): string[] {
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
}

/** The value on one line, or null if it needs several. */
export function inlineOf(of: unknown): string | null {
  const value = readable(of);
  if (value === UNKNOWN) return '(known after apply)';
  if (isHidden(value)) return '(sensitive value)';
  if (Array.isArray(value)) return value.length === 0 ? '[]' : null;
  if (isRecord(value)) return Object.keys(value).length === 0 ? '{}' : null;
  if (typeof value !== 'string') return JSON.stringify(value ?? null);
  if (value.includes('\n') || parseJsonString(value) !== undefined) return null;
  return quoted(value);
}

/** Enough to recognise a value that is going away. */
export function gistOf(of: unknown): string {
  const value = readable(of);
  const inline = inlineOf(value);
  if (inline !== null) return inline;
  if (typeof value === 'string') return quoted(shorten(value, 60));
  if (Array.isArray(value)) return `[ … ${plural(value.length, 'element')} ]`;
  return `{ … ${plural(Object.keys(value as object).length, 'attribute')} }`;
}

/** Longer names are not waited for when `=` signs are put below each other. */
const WIDEST = 32;

export function padding(keys: string[]): (key: string) => string {
  const width = Math.min(WIDEST, Math.max(0, ...keys.map((key) => nameOf(key).length)));
  return (key) => nameOf(key).padEnd(width);
}

function nameOf(key: string): string {
  return /^[A-Za-z_][A-Za-z0-9_-]*$/.test(key) ? key : quoted(key);
}
