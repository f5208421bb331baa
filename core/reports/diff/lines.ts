import type { Budget } from './sequence.ts';

/** Column 0 of a line: what happens to it. Nothing else ever stands there. */
export type Marker = ' ' | '+' | '-' | '!';

/** The lines of a diff. `text` is one line: whoever writes has escaped what would break it. */
export interface Lines {
  write(marker: Marker, depth: number, text: string): void;
  blank(): void;
  toString(): string;
}

const INDENT = '  ';
/** What is nested deeper is named, not shown: the indentation would grow with the square of the depth. */
export const DEEPEST = 100;
export const TOO_DEEP = '(nested too deeply to show)';

export function newLines(): Lines {
  const lines: string[] = [];
  return {
    write: (marker, depth, text) => {
      lines.push(`${marker} ${INDENT.repeat(depth)}${text}`);
    },
    blank: () => {
      lines.push('');
    },
    toString: () => lines.join('\n'),
  };
}

/** What stands around a value: `name = ` before it, a comma behind it, a remark at the end of its first line. */
export interface Frame {
  before: string;
  comma: string;
  note: string;
}

export function hiddenNote(count: number, what: string): string {
  return `# (${count} unchanged ${count === 1 ? what : `${what}s`} hidden)`;
}

/** What one rendering carries along. */
export interface Context {
  out: Lines;
  budget: Budget;
}
