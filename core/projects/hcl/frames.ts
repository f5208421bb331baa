/** Where the scanner is: each bracket, template and block that is open. */
export interface Frame {
  kind: 'body' | 'object' | 'paren' | 'bracket' | 'interpolation' | 'string' | 'heredoc';
  start: number;
  /** Body: block type and first label. Paren: function name. Heredoc: marker. */
  name: string;
  label: string;
  /** Body: where the statement's first word stands (-1: none yet) and its first label. */
  head: number;
  headEnd: number;
  first: string;
  /** Body: after `=`. Paren: the first argument is complete. */
  attribute: boolean;
}

/** Frames are used again: new ones for each bracket would be most of the work. */
export interface Stack {
  frames: Frame[];
  depth: number;
}

export function topOf(stack: Stack): Frame {
  return stack.frames[stack.depth - 1] as Frame;
}

export function push(stack: Stack, kind: Frame['kind'], start: number, name = '', label = ''): void {
  const used = stack.frames[stack.depth];
  if (used) {
    used.kind = kind;
    used.start = start;
    used.name = name;
    used.label = label;
    used.head = -1;
    used.first = '';
    used.attribute = false;
  } else {
    stack.frames.push({ kind, start, name, label, head: -1, headEnd: -1, first: '', attribute: false });
  }
  stack.depth++;
}

/** What it answers is good until the next push. */
export function pop(stack: Stack): Frame {
  stack.depth--;
  return stack.frames[stack.depth] as Frame;
}
