import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Jobs } from '../../core/ports.ts';
import { until } from '../support/until.ts';

/** A host of jobs, of which each runs a shell script. */
export interface JobsOfContract {
  jobs: Jobs;
  /** Answers the job's id for its log, once it was handed over. */
  run(job: { runId: string; id: string; script: string }): Promise<string>;
  end(): Promise<void>;
}

export function testJobs(make: () => Promise<JobsOfContract>): void {
  describe('jobs', () => {
    let host: JobsOfContract;
    beforeAll(async () => {
      host = await make();
    });
    afterAll(() => host.end());

    const active = async (runId: string) => (await host.jobs.active(runId)).length;

    test('a run has the jobs that have not ended, and no other run has them', async () => {
      await host.run({ runId: 'abc1', id: 'build-1-a', script: 'sleep 60' });
      await host.run({ runId: 'abc1', id: 'build-1-b', script: 'sleep 60' });
      await host.run({ runId: 'abc1', id: 'build-1-c', script: 'true' });
      await host.run({ runId: 'abc12', id: 'build-1-a', script: 'sleep 60' });

      await until('two jobs', async () => (await active('abc1')) === 2);

      expect(new Set(await host.jobs.active('abc1')).size).toBe(2);
      expect(await active('abc12')).toBe(1);
      expect(await active('abc')).toBe(0);
      await Promise.all(['abc1', 'abc12'].map((run) => host.jobs.stop(run, 'the test is over')));
    });

    test('a run that is stopped has no job left, and no other run is touched', async () => {
      await host.run({ runId: 'stop1', id: 'build-1-a', script: 'sleep 60' });
      await host.run({ runId: 'stop1', id: 'build-1-b', script: 'sleep 60' });
      await host.run({ runId: 'stop2', id: 'build-1-a', script: 'sleep 60' });
      await until('three jobs', async () => (await active('stop1')) === 2 && (await active('stop2')) === 1);

      await host.jobs.stop('stop1', 'a newer commit');
      await host.jobs.stop('stop1', 'again');

      await until('their end', async () => (await active('stop1')) === 0);
      expect(await active('stop2')).toBe(1);
      await host.jobs.stop('stop2', 'the test is over');
    });

    test('stopping a run without jobs changes nothing', async () => {
      await host.jobs.stop('nobody', 'no reason');

      expect(await active('nobody')).toBe(0);
    });

    test('a log can be read while the job runs, from any byte of it that begins a line', async () => {
      const script = 'echo "erste Zeile: äöü"; echo; echo "→ third"; sleep 60';
      const id = await host.run({ runId: 'log1', id: 'build-1-a', script });
      const whole = await until('its last line', async () => {
        const text = await host.jobs.log(id, 0);
        return text.includes('\n→ third\n') ? text : undefined;
      });

      const third = Buffer.byteLength(whole.slice(0, whole.lastIndexOf('→ third')));
      const end = Buffer.byteLength(whole);

      expect(whole).toContain('erste Zeile: äöü\n');
      expect(await host.jobs.log(id, third)).toBe('→ third\n');
      expect(await host.jobs.log(id, end)).toBe('');
      expect(await host.jobs.log(id, end + 1000)).toBe('');
      await host.jobs.stop('log1', 'the test is over');
    });

    test('of a job that never was the log is empty', async () => {
      expect(await host.jobs.log('jobs/acme/infra/prod/build/nobody/build-1', 0)).toBe('');
    });
  });
}
