import { expect, test } from 'vitest';
import { buildClaim } from '../../../core/jobs/names.ts';
import { buildOrder } from '../../../core/jobs/orders.ts';
import { aDocument, aPass } from '../../api/story.ts';

test('a build is claimed, each of its orders by itself', () => {
  const doc = aDocument('r1', aPass([]));
  const build = { command: ['make'], dir: '.' };

  const [one, two] = [3, 4].map((n) => buildOrder({ ...doc, n }, build, {}));

  expect(one?.claim).toBe(buildClaim('jobs/acme/shop/prod/build/r1/build-3'));
  expect(two?.claim).not.toBe(one?.claim);
});
