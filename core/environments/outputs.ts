import { segment } from '../jobs/keys.ts';
import type { Ports } from '../ports.ts';
import { readJson } from '../runs/store.ts';

type Key = { repository: string; environment: string };

/** Outputs of a project's last apply that are not sensitive. */
export function outputsKey({ repository, environment }: Key, project: string): string {
  return `outputs/${repository}/${environment}/${segment(project)}.json`;
}

export async function readOutputs(
  ports: Pick<Ports, 'artifacts'>,
  of: Key,
  project: string,
): Promise<Record<string, unknown>> {
  const key = outputsKey(of, project);
  return (await ports.artifacts.has(key)) ? readJson(ports, key) : {};
}
