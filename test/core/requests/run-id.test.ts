import { expect, test } from 'vitest';
import { runId } from '../../../core/requests/run-id.ts';

test('the same trigger gives the same id, anything else another', () => {
  const id = runId('deploy', 'acme/shop', 'prod', 'a..b');
  const others = [
    runId('plan', 'acme/shop', 'prod', 'a..b'),
    runId('deploy', 'acme/shop2', 'prod', 'a..b'),
    runId('deploy', 'acme/shop', 'dev', 'a..b'),
    runId('deploy', 'acme/shop', 'prod', 'a..c'),
    runId('deploy', 'acme/shop', 'prod"', ',"a..b'),
  ];

  expect(id).toMatch(/^[0-9a-f]{20}$/);
  expect(runId('deploy', 'acme/shop', 'prod', 'a..b')).toBe(id);
  expect(new Set([id, ...others]).size).toBe(6);
});
