import type { Sent } from '../../../core/ports.ts';
import { count, type Items, type Key, text } from './items.ts';

export function dynamodbSent(items: Items): Sent {
  return {
    async get(key) {
      const stored = await items.get(keyOf(key));
      return stored && { id: text(stored, 'id'), order: count(stored, 'order') };
    },
    put: (key, { id, order }) =>
      items.put(
        { ...keyOf(key), id, order },
        { text: 'attribute_not_exists(#pk) or #order <= :order', values: { order } },
      ),
  };
}

function keyOf(key: string): Key {
  return { pk: `sent#${key}`, sk: 'sent' };
}
