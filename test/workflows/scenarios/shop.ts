import { type Model, project, REPOSITORY, type World } from '../../support/memory-world.ts';

export const CONFIG = `
environments:
  prod:
    branch: main
    approval: { required: true, approvers: [alice] }
    rollback: automatic
    verify: { url: "http://127.0.0.1:9/healthz" }
projects:
  - dir: network
  - dir: app
    depends_on: [network]
`;

export function shop(network: Model, app: Model, config = CONFIG): Record<string, string> {
  return { 'cairn.yaml': config, ...project('network', network), ...project('app', app) };
}

/** Both projects are deployed. Answers the commit. */
export async function firstDeploy(world: World): Promise<string> {
  const commit = await world.push(shop({ value: 'n1' }, { value: 'a1' }));
  await world.settled();
  await world.approve();
  await world.settled();
  world.jobs.length = 0;
  return commit;
}

/** Of the runs, newest first. */
export async function states(world: World): Promise<string[]> {
  return (await world.ports.runs.list({ repository: REPOSITORY, limit: 20 })).map((run) => run.state);
}
