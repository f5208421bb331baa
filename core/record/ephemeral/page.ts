import { cell, page, sha, table, time } from '../pages.ts';
import type { EphemeralLine, EphemeralRow } from './schema.ts';

const SHOWN = 50;

/** `ephemeral/README.md` */
export function ephemeralPage(rows: Record<string, EphemeralRow>, history: EphemeralLine[]): string {
  const standing = Object.entries(rows)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { state, ref, commit, owner, endsAt, outputs }]) => [
      cell(name),
      state,
      cell(ref),
      sha(commit),
      cell(owner ?? ''),
      endsAt === null ? 'never' : time(endsAt),
      cell(Object.values(outputs).join(' ')),
    ]);
  const events = history
    .slice(-SHOWN)
    .reverse()
    .map((line) => [
      `${line.number}`,
      time(line.at),
      cell(line.environment),
      cell(line.command === undefined ? line.event : `${line.event}: ${line.command}`),
      sha(line.commit),
      cell(line.by ?? ''),
      cell(line.failure ?? ''),
    ]);

  return page([
    '# Ephemeral environments',
    standing.length === 0
      ? 'There is none.'
      : table(['environment', 'state', 'ref', 'commit', 'owner', 'ends', 'outputs'], standing),
    `## Last ${SHOWN} events`,
    table(['', 'at', 'environment', 'event', 'commit', 'by', 'failure'], events),
  ]);
}
