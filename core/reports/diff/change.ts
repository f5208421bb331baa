import { canonical, isRecord } from '../../plans/canonical.ts';
import { writeHeredoc } from './heredoc.ts';
import { parseJsonString } from './json-string.ts';
import { type Context, DEEPEST, type Frame, hiddenNote, TOO_DEEP } from './lines.ts';
import { forcesReplacement, type ReplaceNode, replaceChild } from './replace-paths.ts';
import { isHidden, readable, UNKNOWN } from './resolve.ts';
import { isNothing, own, same } from './same.ts';
import { diffSequence } from './sequence.ts';
import { gistOf, inlineOf, padding, writeWhole } from './whole.ts';

/** Writes what becomes of a value: added, taken away or changed, with what is inside of it. */
export function writeChange(
  context: Context,
  depth: number,
  { before: name, comma }: Omit<Frame, 'note'>,
  before: unknown,
  after: unknown,
  replace?: ReplaceNode,
): void {
  const { out } = context;
  const note = forcesReplacement(replace, false);
  const leafNote = forcesReplacement(replace, true);
  if (isNothing(before)) {
    writeWhole(out, '+', depth, { before: name, comma, note: leafNote }, after);
    return;
  }
  const [was, is] = [readable(before), readable(after)];
  if (was !== before || is !== after) {
    // The same text with another secret in it.
    if (was === is)
      out.write('!', depth, `${name}${gistOf(is)}${comma} # (what changes is sensitive)${leafNote}`);
    else writeChange(context, depth, { before: name, comma }, was, is, replace);
    return;
  }
  if (isNothing(after)) {
    const gone = inlineOf(before) !== null && comma === '' ? ' -> null' : '';
    writeWhole(out, '-', depth, { before: name, comma: comma || gone, note: leafNote }, before);
    return;
  }
  if (depth > DEEPEST) {
    out.write('!', depth, `${name}${TOO_DEEP}${comma}${leafNote}`);
    return;
  }
  if (bothLists(before, after)) {
    out.write('!', depth, `${name}[${note}`);
    writeElements(context, depth + 2, before as unknown[], after as unknown[], replace);
    out.write(' ', depth, `]${comma}`);
    return;
  }
  if (isObject(before) && isObject(after)) {
    out.write('!', depth, `${name}{${note}`);
    writeAttributes(context, depth + 2, before, after, { replace });
    out.write(' ', depth, `}${comma}`);
    return;
  }
  if (
    typeof before === 'string' &&
    typeof after === 'string' &&
    (inlineOf(before) ?? inlineOf(after)) !== null
  ) {
    writeScalars(context, depth, { before: name, comma, note: leafNote }, before, after);
    return;
  }
  if (typeof before === 'string' && typeof after === 'string') {
    writeTextChange(context, depth, { before: name, comma, note: leafNote }, before, after, replace);
    return;
  }
  writeScalars(context, depth, { before: name, comma, note: leafNote }, before, after);
}

/** A string of several lines, or of JSON, that changes: what is inside of it is compared. */
function writeTextChange(
  context: Context,
  depth: number,
  frame: Frame,
  before: string,
  after: string,
  replace: ReplaceNode | undefined,
): void {
  const [was, is] = [parseJsonString(before), parseJsonString(after)];
  if (was === undefined && is === undefined) {
    writeHeredoc(context, depth, frame, before, after);
  } else if (was === undefined || is === undefined) {
    writeWhole(context.out, '-', depth, { ...frame, note: '' }, before);
    writeWhole(context.out, '+', depth, frame, after);
  } else {
    writeJson(context, depth, frame, was, is, replace);
  }
}

function writeJson(
  context: Context,
  depth: number,
  frame: Frame,
  was: unknown,
  is: unknown,
  replace: ReplaceNode | undefined,
): void {
  const { out } = context;
  out.write('!', depth, `${frame.before}jsonencode(${frame.note}`);
  if (same(was, is)) out.write(' ', depth + 2, '# (white space or the order of keys alone)');
  else writeChange(context, depth + 2, { before: '', comma: '' }, was, is, replace);
  out.write(' ', depth, `)${frame.comma}`);
}

function writeScalars({ out }: Context, depth: number, frame: Frame, before: unknown, after: unknown): void {
  const next = inlineOf(after);
  if (isHidden(before) && isHidden(after)) {
    out.write('!', depth, `${frame.before}(sensitive value)${frame.comma}${frame.note}`);
  } else if (next !== null && (after === UNKNOWN || inlineOf(before) !== null)) {
    out.write('!', depth, `${frame.before}${gistOf(before)} -> ${next}${frame.comma}${frame.note}`);
  } else {
    writeWhole(out, '-', depth, { ...frame, note: '' }, before);
    writeWhole(out, '+', depth, frame, after);
  }
}

interface AttributeOptions {
  replace?: ReplaceNode | undefined;
  /** Attributes that are shown although they stay, to recognise the object by. */
  shown?: readonly string[];
}

/** The attributes of an object that change, one below the other, and how many do not. Answers how many do. */
export function writeAttributes(
  context: Context,
  depth: number,
  before: Record<string, unknown>,
  after: Record<string, unknown>,
  { replace, shown = [] }: AttributeOptions,
): number {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  const rows = keys
    .map((key) => ({ key, was: own(before, key), is: own(after, key) }))
    .filter(({ was, is }) => !isNothing(was) || !isNothing(is))
    .map((row) => ({ ...row, same: same(row.was, row.is) }));
  const visibleRows = rows.filter(
    ({ key, same, is }) => !same || (shown.includes(key) && inlineOf(is) !== null),
  );
  const pad = padding(visibleRows.map(({ key }) => key));
  for (const { key, was, is, same } of visibleRows) {
    const name = `${pad(key)} = `;
    if (same) writeWhole(context.out, ' ', depth, { before: name, comma: '', note: '' }, is);
    else writeChange(context, depth, { before: name, comma: '' }, was, is, replaceChild(replace, key));
  }
  const hidden = rows.length - visibleRows.length;
  if (hidden > 0) context.out.write(' ', depth, hiddenNote(hidden, 'attribute'));
  return rows.filter((row) => !row.same).length;
}

/** The elements of a list or set: JSON does not tell which, so what moved is taken away and put in again. */
function writeElements(
  context: Context,
  depth: number,
  before: unknown[],
  after: unknown[],
  replace: ReplaceNode | undefined,
): void {
  const steps = diffSequence(before.map(canonical), after.map(canonical), context.budget);
  const frame = { before: '', comma: ',' };
  let unchanged = 0;
  let removed: number[] = [];
  let added: number[] = [];

  const flush = () => {
    const paired = Math.min(removed.length, added.length);
    const alone = removed.length === 1 && added.length === 1;
    const kept = new Set<number>();
    for (const [i, index] of removed.entries()) {
      const partner = i < paired ? added[i] : undefined;
      if (partner !== undefined && alike(before[index], after[partner], alone)) {
        kept.add(partner);
        writeChange(context, depth, frame, before[index], after[partner], replaceChild(replace, partner));
      } else {
        const note = forcesReplacement(replaceChild(replace, index), true);
        writeWhole(context.out, '-', depth, { ...frame, note }, before[index]);
      }
    }
    for (const index of added.filter((i) => !kept.has(i))) {
      const note = forcesReplacement(replaceChild(replace, index), true);
      writeWhole(context.out, '+', depth, { ...frame, note }, after[index]);
    }
    removed = [];
    added = [];
  };
  const flushUnchanged = () => {
    if (unchanged > 0) context.out.write(' ', depth, hiddenNote(unchanged, 'element'));
    unchanged = 0;
  };

  for (const { a, b } of steps) {
    if (a >= 0 && b >= 0) {
      flush();
      unchanged++;
      continue;
    }
    flushUnchanged();
    if (a >= 0) removed.push(a);
    else added.push(b);
  }
  flush();
  flushUnchanged();
}

/** Whether two elements are one that changed, rather than one gone and one new. */
function alike(before: unknown, after: unknown, alone: boolean): boolean {
  if (before === null || after === null) return false;
  if (after === UNKNOWN || bothLists(before, after)) return alone;
  if (typeof before === 'string' && typeof after === 'string') {
    return alone && inlineOf(before) === null && inlineOf(after) === null;
  }
  if (!isObject(before) || !isObject(after)) return false;
  const keys = Object.keys(before).filter((key) => Object.hasOwn(after, key));
  const stays = keys.some(
    (key) => before[key] !== null && before[key] !== '' && same(before[key], after[key]),
  );
  return keys.length > 0 && (alone || stays);
}

function bothLists(before: unknown, after: unknown): boolean {
  return Array.isArray(before) && Array.isArray(after);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && value !== UNKNOWN && !isHidden(value);
}
