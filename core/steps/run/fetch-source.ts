import { z } from 'zod';
import { isOfWhatStands } from '../../drift/reconcile.ts';
import { isEphemeral } from '../../ephemeral/name.ts';
import { NotFound } from '../../errors.ts';
import type { Ports } from '../../ports.ts';
import { readOutline } from '../../record/read.ts';
import { rollbackTarget } from '../../record/target.ts';
import { fetchSourceOf } from '../../runs/sources.ts';
import { type RunInput, runInput, type SourcePart } from '../input.ts';
import { step } from '../step.ts';

/**
 * Fetches each commit that the run will read, once. A pull request's plan is of the test merge of its head
 * into its base, and changes are computed from that base; a deploy's from the last good commit of the record.
 */
export const fetchSource = step({
  input: z.object({ run: runInput, commit: z.string().nullable() }),
  ports: ['archives', 'artifacts', 'ephemerals', 'git', 'pulls', 'source'],
  async run({ run, commit }, ports) {
    const part = await partOf(run, commit, ports);
    const commits = [part.commit, part.base].filter((c) => c !== null);
    await Promise.all(commits.map((c) => fetchSourceOf(ports, run.repository, c)));
    return { ...part };
  },
});

async function partOf(
  run: RunInput,
  commit: string | null,
  ports: Pick<Ports, 'archives' | 'artifacts' | 'ephemerals' | 'git' | 'pulls' | 'source'>,
): Promise<SourcePart> {
  switch (run.request.command) {
    case 'plan':
      return ofPull(run, ports);
    case 'deploy':
    case 'rollback':
      return ofBranch(run, commit, ports);
    case 'ephemeral':
      if (commit === null) throw new NotFound('An ephemeral environment needs a commit.');
      return { commit, base: null };
    default:
      return { commit: await standingCommit(run, ports), base: null };
  }
}

/** What an environment stands at: its last good commit, or the newest that an ephemeral one was made from. */
async function standingCommit(
  { repository, environment, request }: RunInput,
  ports: Pick<Ports, 'ephemerals' | 'git' | 'source'>,
): Promise<string> {
  if (isEphemeral(environment)) {
    const commit = (await ports.ephemerals.get(repository, environment))?.commit;
    if (commit) return commit;
  } else {
    const record = await readOutline(ports, repository, environment);
    if (record?.commit) return record.commit;
    // Drift that was told of what was destroyed since is gone, and that is to be said.
    if (record && request.command === 'drift') return record.last.commit;
  }
  throw new NotFound(`Nothing stands in ${environment}: there is no good commit of it.`);
}

async function ofPull(
  run: RunInput,
  ports: Pick<Ports, 'archives' | 'artifacts' | 'pulls' | 'source'>,
): Promise<SourcePart> {
  if (run.request.command !== 'plan') throw new Error('not a plan');
  const commit = await ports.pulls.testMerge(run.repository, run.request.pull);
  const [{ parents }] = await Promise.all([
    ports.source.commit(run.repository, commit),
    fetchSourceOf(ports, run.repository, commit),
  ]);
  const [base] = parents;
  return { commit, base: base ?? null };
}

async function ofBranch(
  run: RunInput,
  commit: string | null,
  ports: Pick<Ports, 'git' | 'source'>,
): Promise<SourcePart> {
  const record = await readOutline(ports, run.repository, run.environment);
  const base = record?.commit ?? null;
  if (run.request.command === 'rollback') return { commit: rollbackTarget(record, run.request.commit), base };
  // What was the last good commit when it was asked for may not be it any more when its turn comes.
  if (base !== null && isOfWhatStands(run.request)) return { commit: base, base };
  if (commit === null) throw new NotFound('A deploy needs a commit.');
  return { commit, base };
}
