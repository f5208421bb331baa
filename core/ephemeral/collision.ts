import type { StateAddress } from '../projects/project.ts';
import type { RecordOutline } from '../record/schema.ts';
import type { Ephemeral } from './environment.ts';
import type { StatePlace } from './states.ts';

/** Whose a state is, by the key of its address. */
export type Owners = ReadonlyMap<string, string>;

/**
 * Every state that is spoken for: by the roots of some commits, by what the record says was applied, and by other
 * ephemeral environments.
 */
export function ownersOf(
  commits: readonly { addresses: ReadonlyMap<string, StateAddress | null> }[],
  records: Readonly<Record<string, RecordOutline | null>>,
  others: readonly Pick<Ephemeral, 'environment' | 'applied'>[] = [],
): Owners {
  const owners = new Map<string, string>();
  for (const { addresses } of commits) {
    for (const [project, address] of addresses) if (address) owners.set(address.key, project);
  }
  for (const [environment, record] of Object.entries(records)) {
    for (const [project, { address }] of Object.entries(record?.projects ?? {})) {
      if (address !== null) owners.set(address, `${project} of ${environment}`);
    }
  }
  for (const { environment, applied } of others) {
    for (const [project, { address }] of Object.entries(applied)) {
      if (address !== null) owners.set(address, `${project} of ${environment}`);
    }
  }
  return owners;
}

/** States that are somebody else's already, as sentences: what shares one destroys what the other made. */
export function collisions(places: ReadonlyMap<string, StatePlace>, owners: Owners): string[] {
  const problems: string[] = [];
  const mine = new Map<string, string>();
  for (const [name, { address, backendConfig }] of places) {
    if (!address) continue;
    const inside = mine.get(address.key);
    mine.set(address.key, name);
    const owner = inside ?? owners.get(address.key);
    if (owner === undefined) continue;
    const help =
      Object.keys(backendConfig).length === 0
        ? 'Take one of the two out with `ephemeral.projects`, or say `ephemeral.state: key`.'
        : 'Put `{environment}` and `{project}` into what says where the state is, under `ephemeral.backend_config`.';
    problems.push(
      `${name}: its state (backend "${address.backend}") would be the one of ${owner}, and each would destroy what the other made. ${help}`,
    );
  }
  return problems;
}
