import { z } from 'zod';
import { defaultConfig } from '../../config/config.ts';
import { configAt } from '../../config/load-config.ts';
import { CairnError } from '../../errors.ts';
import type { Ports } from '../../ports.ts';
import { readOutline } from '../../record/read.ts';
import { tellOnCommit } from '../../requests/replies.ts';
import { type PushRequest, repositoryName } from '../../requests/request.ts';
import { branchHead } from '../../runs/branch-head.ts';
import { startDeploys } from '../../runs/start.ts';
import { step } from '../step.ts';

const NO_COMMIT = '0'.repeat(40);

/** Every five minutes: a branch whose head nobody deployed is a push whose webhook never came. */
export const lookAtHeads = step({
  input: z.object({ repositories: z.array(repositoryName) }),
  ports: ['git', 'reports', 'runs', 'source', 'workflows'],
  async run(input, ports) {
    const healed: string[] = [];
    for (const repository of input.repositories) {
      const main = await ports.source.defaultBranch(repository);
      const config = (await configAt(ports, repository, main)) ?? defaultConfig(main);
      const branches = new Map<string, string[]>();
      for (const [name, { branch }] of Object.entries(config.environments)) {
        branches.set(branch, [...(branches.get(branch) ?? []), name]);
      }
      for (const [branch, environments] of branches) {
        const head = await branchHead(repository, branch, ports);
        if (head === null) continue;
        const missed = await Promise.all(environments.map((e) => isMissed(repository, e, head, ports)));
        if (!missed.includes(true)) continue;
        await heal(
          {
            command: 'push',
            repository,
            branch,
            before: NO_COMMIT,
            commit: head,
            origin: { source: 'look', login: null, trigger: `look..${head}` },
          },
          ports,
        );
        healed.push(`${repository}@${branch}`);
      }
    }
    return { healed };
  },
});

/** A push that nobody told of. What cannot be deployed is said on the commit, as for any push. */
async function heal(
  request: PushRequest,
  ports: Pick<Ports, 'reports' | 'source' | 'workflows'>,
): Promise<void> {
  try {
    await startDeploys(request, ports);
  } catch (error) {
    if (!(error instanceof CairnError) || error.fault !== 'user') throw error;
    await tellOnCommit({ repository: request.repository, commit: request.commit, url: '' }, error, ports);
  }
}

async function isMissed(
  repository: string,
  environment: string,
  head: string,
  ports: Pick<Ports, 'git' | 'runs' | 'source'>,
): Promise<boolean> {
  const runs = await ports.runs.list({ repository, environment, workflow: 'deploy', limit: 20 });
  if (runs.some((run) => run.commit === head)) return false;
  const record = await readOutline(ports, repository, environment);
  // Whoever took it down does not want it back by itself: the next push makes it anew.
  if (record?.last.outcome === 'destroyed') return record.last.commit !== head;
  return record?.commit !== head;
}
