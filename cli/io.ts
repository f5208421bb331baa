import type { Env } from './data-folder.ts';

/** What a command reads and writes; a test gives its own. */
export interface Io {
  /** What was asked for: goes to standard output. */
  out(text: string): void;
  /** Progress and errors: standard error. */
  err(text: string): void;
  env: Env;
  cwd: string;
  outIsTerminal: boolean;
  errIsTerminal: boolean;
  /** Somebody can be asked. */
  inIsTerminal: boolean;
  /** What whoever sits in front of the terminal types; '' where nobody does. */
  ask(question: string): Promise<string>;
  /** Aborted when the user wants to leave. */
  signal: AbortSignal;
}

export type Paint = (
  text: string,
  colour: 'green' | 'red' | 'yellow' | 'blue' | 'magenta' | 'dim' | 'bold',
) => string;

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35 };

/** Colours for a terminal only; https://no-color.org: NO_COLOR, if it is not empty, turns them off. */
export function painter(io: Pick<Io, 'env'>, isTerminal: boolean): Paint {
  const on = isTerminal && !io.env['NO_COLOR'] && io.env['TERM'] !== 'dumb';
  return on ? (text, colour) => `\u001b[${CODES[colour]}m${text}\u001b[0m` : (text) => text;
}

const COLOURS: Record<string, Parameters<Paint>[1]> = {
  ok: 'green',
  succeeded: 'green',
  running: 'blue',
  queued: 'yellow',
  waiting: 'yellow',
  warn: 'yellow',
  failed: 'red',
  fail: 'red',
  broken: 'red',
  rejected: 'red',
  refused: 'red',
  rollback: 'magenta',
  'rolled-back': 'magenta',
  ready: 'green',
  'in-sync': 'green',
  launching: 'blue',
  destroying: 'blue',
  frozen: 'blue',
  drifted: 'yellow',
  unknown: 'yellow',
  leaked: 'red',
  none: 'dim',
  superseded: 'dim',
  stopped: 'dim',
};

export function paintState(paint: Paint, state: string, text = state): string {
  const colour = COLOURS[state];
  return colour === undefined ? text : paint(text, colour);
}

/**
 * Text of others for a terminal: without control characters, which could move its cursor or write what nobody
 * said. Tabs and line feeds stay.
 */
export function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '');
}

/** Rows under each other; the last column is not filled up. */
export function table(
  head: string[],
  rows: string[][],
  paintCell: (row: number, column: number, text: string) => string = (_, __, text) => text,
): string {
  const cells = rows.map((row) => row.map((cell) => plain(cell).replaceAll('\n', ' ')));
  const widths = head.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: string[], paint: (column: number, text: string) => string) =>
    row
      .map(
        (cell, column) =>
          `${paint(column, cell)}${column === row.length - 1 ? '' : ' '.repeat((widths[column] ?? 0) - cell.length)}`,
      )
      .join('  ')
      .trimEnd();
  const body = cells.map((row, index) => line(row, (column, text) => paintCell(index, column, text)));
  return `${[line(head, (_, text) => text), ...body].join('\n')}\n`;
}
