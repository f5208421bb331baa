import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sweepPlans } from '../../../adapters/local/retention.ts';
import type { Run } from '../../../core/requests/run.ts';
import { fakeClock } from '../../support/fakes/clock.ts';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'cairn-retention-'));
});

afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

async function job(run: string, daysOld: number): Promise<{ plan: string; log: string }> {
  const out = path.join(dir, 'jobs/acme/shop/prod/deploy-plan', run, 'plan-1-app/out');
  await mkdir(out, { recursive: true });
  const files = { plan: path.join(out, 'plan.tfplan'), log: path.join(out, 'log.txt') };
  for (const file of Object.values(files)) {
    await writeFile(file, 'x');
    const at = new Date(Date.parse('2026-01-31T00:00:00Z') - daysOld * 24 * 3_600_000);
    await utimes(file, at, at);
  }
  return files;
}

test('plan files of ended runs are deleted after a week; logs, young ones and those still needed stay', async () => {
  const [old, young, waiting] = await Promise.all([job('old', 8), job('young', 6), job('waiting', 20)]);
  const runs = { get: async (id: string) => ({ endedAt: id === 'waiting' ? null : '2026-01-01' }) as Run };

  const swept = await sweepPlans(dir, runs, fakeClock('2026-01-31T00:00:00Z'));

  expect(swept).toBe(1);
  expect([old.plan, old.log, young.plan, waiting.plan].map(existsSync)).toEqual([false, true, true, true]);
});
