import { type Frame, pop, push, type Stack, topOf } from './frames.ts';
import { type Input, inputOf, literalArguments, literalPart, PATH_FUNCTIONS, unescaped } from './inputs.ts';

/**
 * What project discovery needs of a Terraform file, in one pass and without a parser: thousands of roots are
 * scanned each time, in about the time that reading them takes. It follows strings, templates, heredocs,
 * comments and brackets, and never throws.
 */
export interface Scan {
  /** Literal `source` of module blocks; of one with an interpolation, the folder before it. */
  modules: string[];
  inputs: Input[];
  backends: Backend[];
  /** `required_version` as written. */
  requiredVersions: string[];
  providers: string[];
  /** A variable has no default. */
  wantsValues: boolean;
  /** Why it does not parse, with the line; null if it does as far as a scanner can tell. */
  broken: string | null;
}

export interface Backend {
  /** `s3`, `gcs`, …; `cloud` for a cloud block. */
  type: string;
  /** The block's text between its braces. */
  text: string;
  /** Its arguments if all of them are plain literals, else null: then a parser has to look. */
  config: Record<string, string | number | boolean> | null;
}

export function emptyScan(broken: string | null = null): Scan {
  return {
    modules: [],
    inputs: [],
    backends: [],
    requiredVersions: [],
    providers: [],
    wantsValues: false,
    broken,
  };
}

const HEREDOC = /<<-?([\p{L}_][\p{L}\p{N}_-]*)\r?\n/uy;

/** 1: goes on a word, 2: begins one too. All that is not ASCII may be in a word. */
const WORD = new Uint8Array(128);
for (const sign of '0123456789-') WORD[sign.charCodeAt(0)] = 1;
for (const sign of '_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ') WORD[sign.charCodeAt(0)] = 2;

/** `template` scans text as the inside of a string: what a value of `.tf.json` is. */
export function scanHcl(text: string, template = false): Scan {
  const scan = emptyScan();
  const stack: Stack = { frames: [], depth: 0 };
  push(stack, 'body', 0);
  if (template) push(stack, 'heredoc', 0);
  const length = text.length;
  let word = 0;
  let wordEnd = -1;
  let at = 0;

  while (at < length) {
    const top = topOf(stack);
    if (top.kind === 'string' || top.kind === 'heredoc') {
      at = templatePart(scan, stack, top, text, at);
      continue;
    }
    const c = text.charCodeAt(at);
    if (c > 127 || WORD[c] === 2) {
      const afterPath =
        wordEnd === at - 1 && text.charCodeAt(at - 1) === 46 && text.slice(word, wordEnd) === 'path';
      word = at++;
      while (at < length && (text.charCodeAt(at) > 127 || WORD[text.charCodeAt(at)] !== 0)) at++;
      wordEnd = at;
      if (top.kind === 'body') {
        if (top.head < 0) {
          top.head = word;
          top.headEnd = at;
        } else if (!top.attribute && top.first === '') top.first = text.slice(word, at);
      } else if (
        afterPath &&
        top.name === 'fileset' &&
        !top.attribute &&
        /^\s*,/.test(text.slice(at, at + 50))
      ) {
        // fileset(path.module, "**")
        scan.inputs.push({ from: text.slice(word, at) === 'module' ? 'module' : 'root', path: '.' });
      }
      continue;
    }
    at++;
    switch (c) {
      case 10: // line feed
        if (top.kind !== 'body' || top.head < 0) break;
        top.head = -1;
        top.first = '';
        top.attribute = false;
        break;
      case 34: {
        const end = plainStringEnd(text, at);
        if (end < 0) {
          push(stack, 'string', at);
          break;
        }
        endString(scan, stack, top, text, at, end);
        at = end + 1;
        break;
      }
      case 61: // =
        if (top.kind === 'body' && top.head >= 0) top.attribute = true;
        break;
      case 35: // #
        at = lineEnd(text, at);
        break;
      case 47: // /
        if (text.charCodeAt(at) === 47) at = lineEnd(text, at);
        else if (text.charCodeAt(at) === 42) {
          const end = text.indexOf('*/', at + 1);
          if (end < 0) broken(scan, text, at, 'the comment is not closed');
          at = end < 0 ? length : end + 2;
        }
        break;
      case 123: // {
        if (top.kind === 'body' && top.head >= 0 && !top.attribute) {
          push(stack, 'body', at, text.slice(top.head, top.headEnd), top.first);
        } else push(stack, 'object', at);
        break;
      case 125:
        close(scan, stack, text, at - 1, '}', BRACES);
        break;
      case 40: // (
        push(stack, 'paren', at, wordEnd === at - 1 ? text.slice(word, wordEnd) : '');
        break;
      case 41:
        close(scan, stack, text, at - 1, ')', PARENS);
        break;
      case 91: // [
        push(stack, 'bracket', at);
        break;
      case 93:
        close(scan, stack, text, at - 1, ']', BRACKETS);
        break;
      case 44: // ,
        if (top.kind === 'paren') top.attribute = true;
        break;
      case 60: {
        if (text.charCodeAt(at) !== 60) break;
        HEREDOC.lastIndex = at - 1;
        const marker = HEREDOC.exec(text)?.[1];
        if (marker === undefined) break;
        at = HEREDOC.lastIndex;
        push(stack, 'heredoc', at, marker);
        break;
      }
    }
  }
  const open = topOf(stack);
  if (stack.depth > (template ? 2 : 1)) {
    const what = open.kind === 'heredoc' ? `<<${open.name}` : `"${text[open.start - 1]}"`;
    broken(scan, text, Math.max(0, open.start - 1), `what ${what} opens is not closed`);
  }
  return scan;
}

type Kinds = readonly Frame['kind'][];
const BRACES: Kinds = ['body', 'object', 'interpolation'];
const PARENS: Kinds = ['paren'];
const BRACKETS: Kinds = ['bracket'];

function close(scan: Scan, stack: Stack, text: string, at: number, sign: string, kinds: Kinds): void {
  const open = topOf(stack);
  if (stack.depth === 1 || !kinds.includes(open.kind)) {
    broken(scan, text, at, `"${sign}" closes nothing`);
    // What it most likely closes is taken, so that the rest of the file is still read.
    while (stack.depth > 1 && !kinds.includes(topOf(stack).kind)) pop(stack);
    if (stack.depth === 1) return;
  }
  const closed = pop(stack);
  if (closed.kind === 'body') endBlock(scan, closed, topOf(stack), text, at);
}

/** Where a string without escapes and interpolations ends, or -1. */
function plainStringEnd(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 34) return i;
    if (c === 92 || c === 36 || c === 37 || c === 10) return -1;
  }
  return -1;
}

/** From `at` in a string or heredoc to where it ends, or where code begins. */
function templatePart(scan: Scan, stack: Stack, top: Frame, text: string, at: number): number {
  const heredoc = top.kind === 'heredoc';
  let i = at;
  while (i < text.length) {
    if (heredoc && top.name !== '' && (i === 0 || text.charCodeAt(i - 1) === 10)) {
      const end = lineEnd(text, i);
      if (isMarker(text, i, end, top.name)) {
        pop(stack);
        return end;
      }
    }
    const c = text.charCodeAt(i);
    if (c === 36 || c === 37) {
      const next = text.charCodeAt(i + 1);
      if (next === 123) {
        push(stack, 'interpolation', i + 2);
        return i + 2;
      }
      // $${ and %%{ stand for themselves.
      i += next === c && text.charCodeAt(i + 2) === 123 ? 3 : 1;
    } else if (heredoc) {
      i++;
    } else if (c === 34) {
      pop(stack);
      endString(scan, stack, topOf(stack), text, top.start, i);
      return i + 1;
    } else if (c === 10) {
      broken(scan, text, top.start - 1, 'the string is not closed');
      pop(stack);
      return i;
    } else {
      i += c === 92 ? 2 : 1;
    }
  }
  return i;
}

/** What a string says depends on what it stands in. */
function endString(scan: Scan, stack: Stack, top: Frame, text: string, from: number, to: number): void {
  if (top.kind === 'body') {
    if (!top.attribute) {
      if (top.first === '') top.first = text.slice(from, to);
    } else if (top.name === 'module' || top.name === 'terraform') argument(scan, stack, top, text, from, to);
  }
  const path = top.kind === 'paren' && !top.attribute && PATH_FUNCTIONS.has(top.name);
  if (top.kind === 'paren') top.attribute = true;
  if (!path && text.charCodeAt(from) !== 36) return;
  const input = inputOf(text.slice(from, to), path);
  if (input) scan.inputs.push(input);
}

function argument(scan: Scan, stack: Stack, top: Frame, text: string, from: number, to: number): void {
  const head = text.slice(top.head, top.headEnd);
  if (top.name === 'module' && head === 'source') {
    // `run` blocks of tests call modules too.
    const outer = stack.frames[stack.depth - 2] as Frame;
    if (stack.depth === 2 || outer.name === 'run') scan.modules.push(literalPart(text.slice(from, to)));
  } else if (top.name === 'terraform' && head === 'required_version' && stack.depth === 2) {
    scan.requiredVersions.push(unescaped(text.slice(from, to)));
  }
}

function endBlock(scan: Scan, body: Frame, parent: Frame, text: string, to: number): void {
  if (parent.name === '' && body.name === 'provider') scan.providers.push(body.label);
  else if (parent.name === '' && body.name === 'variable') {
    if (!scan.wantsValues && !/\bdefault\s*=/.test(text.slice(body.start, to))) scan.wantsValues = true;
  }
  if (parent.name !== 'terraform' || (body.name !== 'backend' && body.name !== 'cloud')) return;
  const inner = text.slice(body.start, to);
  if (body.name === 'cloud') scan.backends.push({ type: 'cloud', text: inner, config: null });
  else scan.backends.push({ type: body.label, text: inner, config: literalArguments(inner) });
}

function isMarker(text: string, from: number, to: number, marker: string): boolean {
  let i = from;
  while (i < to && (text.charCodeAt(i) === 32 || text.charCodeAt(i) === 9)) i++;
  return text.startsWith(marker, i) && text.slice(i + marker.length, to).trim() === '';
}

/**
 * Not `indexOf`: V8 takes it for pure, merges the calls of two branches into one above both, and with it every
 * character of a file would be a search for the end of its line.
 */
function lineEnd(text: string, from: number): number {
  let i = from;
  while (i < text.length && text.charCodeAt(i) !== 10) i++;
  return i;
}

function broken(scan: Scan, text: string, offset: number, what: string): void {
  if (scan.broken !== null) return;
  let line = 1;
  for (let i = text.indexOf('\n'); i >= 0 && i < offset; i = text.indexOf('\n', i + 1)) line++;
  scan.broken = `line ${line}: ${what}`;
}
