import { NotFound } from '../errors.ts';
import type { RecordOutline } from './schema.ts';

/**
 * The commit that a rollback by hand goes back to: the one that is named, if it was good; else the last good
 * one; and where that is what stands (state `ok`), the good one before it.
 */
export function rollbackTarget(record: RecordOutline | null, asked: string | undefined): string {
  if (!record || record.good.length === 0) {
    throw new NotFound('There is no good commit to go back to: nothing was deployed well here yet.');
  }
  if (asked !== undefined) {
    if (record.good.includes(asked)) return asked;
    throw new NotFound(
      `${asked.slice(0, 7)} was never deployed well here. Good commits, newest first: ${list(record.good)}.`,
    );
  }

  const stands = record.state === 'ok' || record.state === 'frozen';
  const target = stands ? record.good.find((commit) => commit !== record.commit) : record.commit;
  if (target) return target;

  throw new NotFound(
    `${list(record.good)} is the only good commit, and it is what stands: there is none before it.`,
  );
}

function list(commits: string[]): string {
  return commits
    .slice(0, 10)
    .map((commit) => commit.slice(0, 7))
    .join(', ');
}
