import type { Clock } from '../../../core/ports.ts';
import type { Items, Key } from './items.ts';
import { TTL_ATTRIBUTE } from './table.ts';

/**
 * Deliveries of webhooks whose requests are on the bus. Marked afterwards: a delivery that broke off in between
 * is done again, and what makes a request one run in the end is the run's id.
 */
export interface Deliveries {
  isDone(id: string): Promise<boolean>;
  markDone(id: string): Promise<void>;
}

/** GitHub redelivers for three days; in seconds. */
const REMEMBER = 30 * 24 * 3600;

export function dynamodbDeliveries(items: Items, clock: Clock): Deliveries {
  const seconds = () => Math.floor(clock.now().getTime() / 1000);

  return {
    async isDone(id) {
      const stored = await items.get(keyOf(id));
      // DynamoDB deletes what has expired within days, not at once.
      return stored !== null && Number(stored[TTL_ATTRIBUTE]) > seconds();
    },
    async markDone(id) {
      await items.put({ ...keyOf(id), [TTL_ATTRIBUTE]: seconds() + REMEMBER });
    },
  };
}

function keyOf(id: string): Key {
  return { pk: `delivery#${id}`, sk: 'delivery' };
}
