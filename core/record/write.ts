import { Unavailable } from '../errors.ts';
import type { Ports } from '../ports.ts';
import type { RecordEntry } from './entry.ts';
import { readRecordState } from './read.ts';
import { isRecorded, type RecordChange, type RecordState, recordFiles } from './record.ts';
import { type EnvironmentRecord, goodRef, RECORD_REF } from './schema.ts';

type Writing = Pick<Ports, 'git' | 'source'>;

/** Of writers that meet, one gets through each time: this many may meet. */
const ATTEMPTS = 25;

/**
 * Writes a deployment to the record, by compare-and-swap on the branch: whoever loses reads again and computes
 * its entry from what is there then. Repeatable: a run that is in the history is not written again.
 */
export async function writeRecord(
  ports: Writing,
  repository: string,
  environment: string,
  entryOf: (current: EnvironmentRecord | null) => RecordEntry,
): Promise<EnvironmentRecord> {
  const next = await swap<EnvironmentRecord>(ports, repository, environment, (current) => {
    const entry = entryOf(current?.environment ?? null);
    if (current?.environment && isRecorded(current, entry.runId)) return { unchanged: current.environment };

    return { ...recordFiles(current, entry), date: entry.at };
  });

  if (next.commit !== null) await keepReachable(ports, repository, goodRef(environment), next.commit);
  return next;
}

type Change<Next> = Omit<RecordChange, 'next'> & { next: Next; date: string };

/** One commit on the branch, which is made where it is not there; computed anew whenever somebody was faster. */
export function swap<Next>(
  ports: Writing,
  repository: string,
  environment: string,
  compute: (current: RecordState | null) => Change<Next> | { unchanged: Next },
): Promise<Next> {
  return swapFiles(ports, repository, async (head) =>
    compute(head === null ? null : await readRecordState(ports, repository, environment, head)),
  );
}

/** The same for any files of the branch: `compute` reads them at `head`, which is null where there is no branch yet. */
export async function swapFiles<Next>(
  ports: Writing,
  repository: string,
  compute: (head: string | null) => Promise<Change<Next> | { unchanged: Next }>,
): Promise<Next> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const head = await ports.git.ref(repository, RECORD_REF);
    const change = await compute(head);
    if ('unchanged' in change) return change.unchanged;

    const { files, message, date, next } = change;
    const commit = await ports.git.commit(repository, { parent: head, message, files, date });
    const done =
      head === null
        ? (await ports.git.createRef(repository, RECORD_REF, commit)) === 'created'
        : (await ports.git.moveRef(repository, RECORD_REF, commit, false)) === 'moved';
    if (done) return next;
  }

  throw new Unavailable(
    `The record of ${repository} could not be written: the branch cairn/record moved ${ATTEMPTS} times while it was.`,
  );
}

async function keepReachable(ports: Writing, repository: string, ref: string, commit: string): Promise<void> {
  if ((await ports.git.ref(repository, ref)) === commit) return;
  if ((await ports.git.createRef(repository, ref, commit)) === 'created') return;

  await ports.git.moveRef(repository, ref, commit, true);
}
