import { z } from 'zod';
import { NotFound } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { readRecord } from '../record/read.ts';
import { rollbackTarget } from '../record/target.ts';
import { fetchSourceOf } from '../runs/sources.ts';
import { type RunInput, runInput, type SourcePart } from './input.ts';
import { step } from './step.ts';

/**
 * Fetches each commit that the run will read, once. A pull request's plan is of the test merge of its head
 * into its base, and changes are computed from that base; a deploy's from the last good commit of the record.
 */
export const fetchSource = step({
  input: z.object({ run: runInput, commit: z.string().nullable() }),
  ports: ['archives', 'artifacts', 'git', 'pulls', 'source'],
  async run({ run, commit }, ports) {
    const part =
      run.request.command === 'plan' ? await ofPull(run, ports) : await ofBranch(run, commit, ports);
    const commits = [part.commit, part.base].filter((c) => c !== null);
    await Promise.all(commits.map((c) => fetchSourceOf(ports, run.repository, c)));
    return { ...part };
  },
});

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
  const record = await readRecord(ports, run.repository, run.environment);
  const base = record?.commit ?? null;
  if (run.request.command === 'rollback') return { commit: rollbackTarget(record, run.request.commit), base };
  if (commit === null) throw new NotFound('A deploy needs a commit.');
  return { commit, base };
}
