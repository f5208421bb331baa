import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { JOB_FILES } from '../../core/jobs/files.ts';
import { parseJobPrefix } from '../../core/jobs/names.ts';
import type { Clock, Runs } from '../../core/ports.ts';

/** Plan files hold secrets: they are kept as long as they can be needed, and a week at most after that. */
const KEEP_MS = 7 * 24 * 3_600_000;

const SECRET_FILES: readonly string[] = [JOB_FILES.plan, JOB_FILES.planWork];

/** Deletes plan files older than a week, unless their run is still under way. Answers how many. */
export async function sweepPlans(dir: string, runs: Pick<Runs, 'get'>, clock: Clock): Promise<number> {
  const before = clock.now().getTime() - KEEP_MS;
  let swept = 0;
  for (const prefix of await jobPrefixes(dir)) {
    const job = parseJobPrefix(prefix);
    const run = job && (await runs.get(job.runId));
    if (!job || (run && run.endedAt === null)) continue;
    for (const name of SECRET_FILES) {
      const file = path.join(dir, prefix, 'out', name);
      const found = await stat(file).catch(() => null);
      if (!found || found.mtimeMs > before) continue;
      await rm(file, { force: true });
      swept += 1;
    }
  }
  return swept;
}

/** Segments of a job's prefix after its first: owner, repository, environment, stage, run, job. */
const DEPTH = 6;

async function jobPrefixes(dir: string): Promise<string[]> {
  let prefixes = ['jobs'];
  for (let depth = 0; depth < DEPTH; depth++) {
    const below = prefixes.map(async (prefix) => {
      const names = await namesIn(path.join(dir, prefix));
      return names.map((name) => `${prefix}/${name}`);
    });
    prefixes = (await Promise.all(below)).flat();
  }
  return prefixes;
}

async function namesIn(dir: string): Promise<string[]> {
  try {
    return await readdir(dir);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
