import { readFileSync } from 'node:fs';
import type { Action, Change, Changes, ResourceChange, TerraformPlan } from '../../core/plans/plan.ts';
import { redactPlan } from '../../core/plans/redact.ts';

const HASH_KEY = 'ab'.repeat(32);

/** The changes of a plan that terraform made, as the executor hands them on. */
export function fixtureChanges(name: 'create' | 'change' | 'refined'): Changes {
  const file = new URL(`../fixtures/plans/${name}.json`, import.meta.url);
  return redactPlan(JSON.parse(readFileSync(file, 'utf8')) as TerraformPlan, HASH_KEY).changes;
}

export function resource(
  address: string,
  actions: Action[],
  change: Partial<Change> = {},
  more: Partial<ResourceChange> = {},
): ResourceChange {
  const [type = '', name = ''] = address.split('.').slice(-2);
  return { address, mode: 'managed', type, name, change: { actions, ...change }, ...more };
}

export function changesOf(resources: ResourceChange[], more: Partial<Changes> = {}): Changes {
  return { terraform: '1.11.4', resources, drift: [], outputs: {}, ...more };
}

export function update(
  address: string,
  before: object,
  after: object,
  more: Partial<Change> = {},
): ResourceChange {
  return resource(address, ['update'], { before, after, ...more });
}
