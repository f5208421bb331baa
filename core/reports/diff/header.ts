import { identity, kindOf, moved } from '../../plans/actions.ts';
import type { ResourceChange } from '../../plans/plan.ts';
import { oneLine } from '../text.ts';

/** `aws_x.y will be updated in-place` */
export function headerOf(resource: ResourceChange): string {
  const name = oneLine(identity(resource));
  switch (kindOf(resource.change)) {
    case 'create':
      return `${name} will be created`;
    case 'update':
      return `${name} will be updated in-place`;
    case 'delete':
      return `${name} will be destroyed`;
    case 'forget':
      return `${name} will no longer be managed, but will not be destroyed`;
    case 'read':
      return `${name} will be read during apply`;
    case 'replace':
      return `${name} ${WHY_REPLACED[resource.action_reason ?? ''] ?? 'must be replaced'}`;
    case 'none':
      if (moved(resource)) return `${oneLine(resource.previous_address ?? '')} has moved to ${name}`;
      return resource.change.importing ? `${name} will be imported` : `${name} stays as it is`;
  }
}

const WHY_REPLACED: Record<string, string> = {
  replace_because_tainted: 'is tainted, so must be replaced',
  replace_by_request: 'will be replaced, as requested',
  replace_by_triggers: 'will be replaced due to changes in replace_triggered_by',
};

const WHY_DELETED: Record<string, (resource: ResourceChange) => string> = {
  delete_because_no_resource_config: (r) => `because ${block(r)} is not in configuration`,
  delete_because_no_module: (r) =>
    `because ${oneLine(r.module_address ?? 'its module')} is not in configuration`,
  delete_because_wrong_repetition: () => 'because its use of count or for_each has changed',
  delete_because_count_index: (r) => `because index [${r.index}] is out of range for count`,
  delete_because_each_key: (r) =>
    `because key ${oneLine(JSON.stringify(r.index ?? ''))} is not in for_each map`,
  delete_because_no_move_target: (r) =>
    `because ${oneLine(r.address)} was moved to where nothing is configured`,
};

/** What else there is to know, one remark a line. */
export function remarksOf(resource: ResourceChange): string[] {
  const { change } = resource;
  const kind = kindOf(change);
  const remarks: string[] = [];
  const deleted = kind === 'delete' ? WHY_DELETED[resource.action_reason ?? ''] : undefined;
  if (deleted) remarks.push(deleted(resource));
  if (resource.deposed !== undefined) remarks.push('left over from a replacement that did not finish');
  if (kind === 'replace' && change.actions.includes('forget'))
    remarks.push('the old object is kept, but no longer managed');
  else if (kind === 'replace' && change.actions[0] === 'create')
    remarks.push('created before the old one is destroyed');
  if (kind !== 'none' && moved(resource))
    remarks.push(`moved from ${oneLine(resource.previous_address ?? '')}`);
  if (change.importing) {
    const { id } = change.importing;
    remarks.push(
      id === undefined
        ? 'imported, its id known after apply'
        : `imported from ${oneLine(JSON.stringify(id))}`,
    );
  }
  return remarks;
}

function block(resource: ResourceChange): string {
  return `${resource.type}.${resource.name}`;
}
