import type { Ports } from '../ports.ts';
import { mirrorEphemerals } from '../record/ephemeral/ephemeral.ts';
import { readEphemeral, readEphemerals } from '../record/ephemeral/read.ts';
import { environmentName } from '../requests/request.ts';
import type { Ephemeral } from './environment.ts';
import { isEphemeral } from './name.ts';
import { isUnderWay } from './repair.ts';

type Needs = Pick<Ports, 'artifacts' | 'clock' | 'ephemerals' | 'git' | 'runs' | 'source' | 'workflows'>;

/** One that a request can name: what none can name could never be taken down. */
function isName(name: string): boolean {
  return isEphemeral(name) && environmentName.safeParse(name).success;
}

/**
 * The registry and the record, put right by each other. The record forgets an environment before the registry does:
 * so one that only the record knows was lost from the registry, and is made known again with all that its end needs.
 * `registry` was read before this.
 */
export async function restore(repository: string, registry: Ephemeral[], ports: Needs): Promise<string[]> {
  const { head, rows } = await readEphemerals(ports, repository);
  const done: string[] = [];
  const known = new Map(registry.map((one) => [one.environment, one]));
  for (const name of Object.keys(rows)) {
    // What has no name of an ephemeral one was written by somebody else, and is no business of a sweep.
    if (head === null || known.has(name) || !isName(name)) continue;
    if (await ports.ephemerals.get(repository, name)) continue;
    const { version: _, ...lost } = await readEphemeral(ports, repository, head, name);
    await ports.ephemerals.claim({ ...lost, repository, environment: name }, Number.MAX_SAFE_INTEGER);
    done.push(`${name}: made known again from the record`);
  }
  if (done.length > 0) return done;
  for (const one of registry) {
    if (Object.keys(one.applied).length === 0 || rows[one.environment]?.version === one.version) continue;
    // Its own run writes it.
    if (await isUnderWay(one, ports)) continue;
    const isNew = await mirrorEphemerals(ports, repository, ports.clock.now().toISOString());
    return isNew ? [`${one.environment}: the record put right`] : [];
  }
  return done;
}
