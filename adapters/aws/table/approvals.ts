import type { Approvals, WaitingApproval } from '../../../core/ports.ts';
import { type Items, type Key, text } from './items.ts';

export function dynamodbApprovals(items: Items): Approvals {
  return {
    async put(wait) {
      const { repository, environment, runId } = wait;
      await items.put({ ...keyOf(repository, environment), runId, body: JSON.stringify(wait) });
    },
    replace(before, wait) {
      const { repository, environment, runId } = wait;
      return items.put(
        { ...keyOf(repository, environment), runId, body: JSON.stringify(wait) },
        before === null
          ? { text: 'attribute_not_exists(#pk)' }
          : { text: '#body = :before', values: { before: JSON.stringify(before) } },
      );
    },
    async get(repository, environment) {
      const stored = await items.get(keyOf(repository, environment));
      return stored && (JSON.parse(text(stored, 'body')) as WaitingApproval);
    },
    async remove(repository, environment, runId) {
      // One that is gone, or another run's, is none of ours: nothing to do.
      await items.delete(keyOf(repository, environment), { text: '#runId = :runId', values: { runId } });
    },
  };
}

function keyOf(repository: string, environment: string): Key {
  return { pk: 'approvals', sk: `${repository}#${environment}` };
}
