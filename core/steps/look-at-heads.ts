import { z } from 'zod';
import type { Ports } from '../ports.ts';
import { defaultConfig } from '../projects/config.ts';
import { configAt } from '../projects/load-config.ts';
import { readRecord } from '../record/read.ts';
import { repositoryName } from '../requests/request.ts';
import { routeRequest } from './route-request.ts';
import { step } from './step.ts';

const NO_COMMIT = '0'.repeat(40);

/** Every five minutes: a branch whose head nobody deployed is a push whose webhook never came. */
export const lookAtHeads = step(z.object({ repositories: z.array(repositoryName) }), async (input, ports) => {
  const healed: string[] = [];
  for (const repository of input.repositories) {
    const main = await ports.source.defaultBranch(repository);
    const config = (await configAt(ports, repository, main)) ?? defaultConfig(main);
    const branches = new Map<string, string[]>();
    for (const [name, { branch }] of Object.entries(config.environments)) {
      branches.set(branch, [...(branches.get(branch) ?? []), name]);
    }
    for (const [branch, environments] of branches) {
      const head = await headOf(repository, branch, ports);
      if (head === null) continue;
      const missed = await Promise.all(environments.map((e) => isMissed(repository, e, head, ports)));
      if (!missed.includes(true)) continue;
      await routeRequest.run(
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
});

async function headOf(repository: string, branch: string, ports: Ports): Promise<string | null> {
  try {
    return await ports.source.head(repository, branch);
  } catch (error) {
    // A branch that is configured and not there yet is nobody's fault.
    if (error instanceof Error && error.name === 'NotFound') return null;
    throw error;
  }
}

async function isMissed(
  repository: string,
  environment: string,
  head: string,
  ports: Ports,
): Promise<boolean> {
  const runs = await ports.runs.list({ repository, environment, workflow: 'deploy', limit: 20 });
  if (runs.some((run) => run.commit === head)) return false;
  const record = await readRecord(ports, repository, environment);
  return record?.commit !== head;
}
