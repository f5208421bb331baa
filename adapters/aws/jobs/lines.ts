/**
 * What stands for an empty line in the live log, since CloudWatch keeps no empty event: the executor writes it and
 * who reads takes it away, so that a byte offset means the same in the live log as in the one that is stored.
 * A zero-width space: people who look into CloudWatch see nothing.
 */
export const EMPTY_LINE = '\u200b';

/** Whole lines, as they are to be written. */
export function markEmptyLines(text: string): string {
  return text.replace(/(?<=^|\n)(?=\n)/g, EMPTY_LINE);
}

/** The line of an event, with its end. */
export function lineOf(message: string): string {
  return `${message === EMPTY_LINE ? '' : message}\n`;
}
