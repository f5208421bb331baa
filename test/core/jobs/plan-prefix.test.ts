import { expect, test } from 'vitest';
import { createWorld, project, REPOSITORY } from '../../support/memory-world.ts';

const CONFIG = 'environments:\n  prod: { branch: main, approval: { required: true } }\n';

test('from where one plan’s files are nobody learns where another’s will be', async () => {
  const world = createWorld();
  const files = { ...project('app', { value: 'a' }), ...project('web', { value: 'w' }) };
  await world.push({ 'cairn.yaml': CONFIG, ...files });
  const [run] = await world.settled();

  const keys = await world.ports.artifacts.list(`jobs/${REPOSITORY}/prod/deploy-plan/${run?.id}/`);
  const jobs = [...new Set(keys.map((key) => key.split('/')[6] ?? ''))];
  await world.close();

  const secrets = jobs.map((job) => job.split('~')[1] ?? '');
  expect(jobs.map((job) => job.split('~')[0]?.replace(/\d+/, 'N')).sort()).toEqual([
    'plan-N-app',
    'plan-N-web',
  ]);
  expect(secrets.every((secret) => /^[0-9a-f]{16}$/.test(secret))).toBe(true);
  expect(new Set(secrets).size).toBe(2);
});
