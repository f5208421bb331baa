import { afterEach, beforeEach, expect, test } from 'vitest';
import { config, type Root, root } from '../support/real-roots.ts';
import { type RealWorld, startRealWorld } from '../support/real-world.ts';

let world: RealWorld;

beforeEach(async () => {
  world = await startRealWorld();
});

afterEach(async () => {
  await world.close();
});

const NETWORK_THEN_APP = 'projects:\n  - dir: network\n  - dir: app\n    depends_on: [network]\n';

function files(name: string, options: Root) {
  return root(world.log, name, options);
}

test('a push waits for approval, is applied wave by wave, and its state is kept over two deploys', async () => {
  const first = await world.push({
    ...config('', NETWORK_THEN_APP),
    ...files('network', { value: 'n1' }),
    ...files('app', { value: 'a1' }),
  });
  await world.waiting({ commit: first });
  const before = await world.applied();
  await world.approve({ commit: first });
  const run = await world.ended({ commit: first });
  const state = await world.state('network');
  const second = await world.push(files('network', { value: 'n2' }));
  await world.deploy({ commit: second });
  const later = await world.state('network');

  expect(before).toEqual([]);
  expect(run).toMatchObject({ state: 'succeeded' });
  expect(await world.applied()).toEqual(['+ network n1', '+ app a1', '- network n1', '+ network n2']);
  expect(later?.lineage).toBe(state?.lineage);
  expect(later?.serial).toBeGreaterThan(state?.serial ?? 0);
  expect(later?.outputs['value']).toMatchObject({ value: 'n2' });
  expect(await world.record()).toMatchObject({ state: 'ok', commit: second, deployment: 2 });
});
