/** Bytes. The forge reads files of at most 1 MB: a history that is longer could never be written again. */
const ROOM = 700_000;

/**
 * A history as the file that is read and written each time holds it (`newest`), and what goes into one of its own once
 * that is full: by lines, or by what they weigh, since a line may name many projects or a long command.
 */
export function parted<T>(
  history: T[],
  { most, kept }: { most: number; kept: number },
): { older: T[]; newest: T[] } {
  if (history.length <= most && weight(history) <= ROOM) return { older: [], newest: history };
  let newest = history.slice(-kept);
  while (newest.length > 1 && weight(newest) > ROOM / 2) newest = newest.slice(Math.ceil(newest.length / 2));
  return { older: history.slice(0, -newest.length), newest };
}

export function lines(history: readonly unknown[]): string {
  return history.map((line) => `${JSON.stringify(line)}\n`).join('');
}

function weight(history: readonly unknown[]): number {
  return new TextEncoder().encode(lines(history)).length;
}
