import { defaultConfig } from '../config/config.ts';
import { configAt } from '../config/load-config.ts';
import { isOfWhatStands } from '../drift/reconcile.ts';
import type { Ports } from '../ports.ts';
import type { UnfreezeRequest } from '../requests/request.ts';
import { branchHead } from './branch-head.ts';
import type { RunDocument } from './document.ts';
import { wasRefusedByFreeze } from './frozen.ts';
import { startRun } from './start.ts';
import { loadDocument } from './store.ts';

/** The head of an environment's branch, and the run of it that a freeze refused. */
export interface RefusedHead {
  runId: string;
  commit: string;
  branch: string;
}

/** Null if there is nothing to make up for: the head was deployed, failed by itself, or never was asked for. */
export async function refusedHead(
  { repository, environment }: UnfreezeRequest,
  ports: Pick<Ports, 'artifacts' | 'runs' | 'source'>,
): Promise<RefusedHead | null> {
  const main = await ports.source.defaultBranch(repository);
  const config = (await configAt(ports, repository, main)) ?? defaultConfig(main);
  const branch = config.environments[environment]?.branch;
  if (branch === undefined) return null;
  const commit = await branchHead(repository, branch, ports);
  const runs = await ports.runs.list({ repository, environment, workflow: 'deploy', limit: 20 });
  for (const run of runs) {
    // One that was superseded left it to another of the same commit, or to a newer commit that is gone again.
    if (run.command !== 'deploy' || run.commit !== commit || run.state === 'superseded') continue;
    const doc = await newestDocument(run.id, ports);
    // What takes drift away or replaces resources comes from no branch.
    if (doc && isOfWhatStands(doc.request)) continue;
    return commit !== null && doc && wasRefusedByFreeze(doc) ? { runId: run.id, commit, branch } : null;
  }
  return null;
}

/**
 * Deploys it after the thaw. What stands on the branch is what is wanted; left alone it would go out unseen with the
 * next push, since nothing else looks at a commit that had a run. Its approval is asked for as ever.
 */
export async function deployRefusedHead(
  { repository, environment, origin: { source, login } }: UnfreezeRequest,
  { runId, commit, branch }: RefusedHead,
  ports: Pick<Ports, 'runs' | 'workflows'>,
): Promise<string> {
  // Of that refusal: the same thaw twice is one run, and a head that is refused again has another.
  const origin = { source, login, trigger: `thaw/${runId}` };
  const deploy = {
    command: 'deploy' as const,
    repository,
    environment,
    commit,
    branch,
    retry: false,
    origin,
  };
  return startRun('deploy', deploy, environment, ports);
}

/** It tells what became of a run also before that has come to its end; null: the run never had one. */
async function newestDocument(runId: string, ports: Pick<Ports, 'artifacts'>): Promise<RunDocument | null> {
  const key = (await ports.artifacts.list(`runs/${runId}/documents/`)).at(-1);
  return key === undefined ? null : loadDocument(ports, key);
}
