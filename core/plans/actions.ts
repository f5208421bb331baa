import type { Change, ResourceChange } from './plan.ts';

type Kind = 'create' | 'update' | 'replace' | 'delete' | 'forget' | 'read' | 'none';

/**
 * What happens to an object. A replacement is `["delete","create"]` or `["create","delete"]`; with
 * `lifecycle { destroy = false }` the old object is forgotten instead of deleted.
 */
export function kindOf(change: Change): Kind {
  const has = (action: Change['actions'][number]) => change.actions.includes(action);
  if (has('create')) return has('delete') || has('forget') ? 'replace' : 'create';
  if (has('delete')) return 'delete';
  if (has('forget')) return 'forget';
  if (has('update')) return 'update';
  return has('read') ? 'read' : 'none';
}

export function moved(resource: ResourceChange): boolean {
  return resource.previous_address !== undefined && resource.previous_address !== resource.address;
}

/** The address, with the deposed object's key where it is one: unique within a plan. */
export function identity(resource: ResourceChange): string {
  return resource.deposed === undefined
    ? resource.address
    : `${resource.address} (deposed object ${resource.deposed})`;
}
