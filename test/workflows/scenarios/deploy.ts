import { expect } from 'vitest';
import { readRecord } from '../../../core/record/read.ts';
import { project, REPOSITORY } from '../../support/memory-world.ts';
import type { Scenarios } from './scenario.ts';
import { CONFIG, firstDeploy, shop, states } from './shop.ts';

export const DEPLOYS: Scenarios = {
  'a push is planned, waits, is approved, applied in waves, verified and recorded': async (world) => {
    const commit = await world.push(shop({ value: 'n1' }, { value: 'a1' }));
    const [waiting] = await world.settled();
    const before = [...world.state];
    await world.approve();
    const [run] = await world.settled();

    expect(waiting?.state).toBe('waiting');
    expect(before).toEqual([]);
    expect(run?.state).toBe('succeeded');
    expect(Object.fromEntries(world.state)).toEqual({ network: 'n1', app: 'a1' });
    expect(world.jobs.slice(0, 2).sort()).toEqual(['plan app', 'plan network']);
    expect(world.jobs.slice(2)).toEqual(['apply network', 'plan app', 'apply app', 'verify']);
    const record = await readRecord(world.ports, REPOSITORY, 'prod');
    expect(record).toMatchObject({ state: 'ok', commit, deployment: 1 });
    expect(await world.ports.locks.held()).toEqual([]);
  },

  'only what changed is planned, and its dependents': async (world) => {
    await firstDeploy(world);

    await world.push(project('app', { value: 'a2' }));
    await world.settled();
    await world.approve();
    await world.settled();

    expect(world.jobs).toEqual(['plan app', 'apply app', 'verify']);
    expect(world.state.get('app')).toBe('a2');
  },

  'a push that changes nothing is recorded as a success, without a check': async (world) => {
    await firstDeploy(world);

    const commit = await world.push({ 'README.md': 'hello' });
    await world.settled();

    expect(world.jobs).toEqual([]);
    expect(await readRecord(world.ports, REPOSITORY, 'prod')).toMatchObject({ state: 'ok', commit });
  },

  'a failing plan stops the deploy before anything is applied': async (world) => {
    const commit = await firstDeploy(world);

    await world.push({
      ...project('network', { value: 'n2', plan: 'fail' }),
      ...project('app', { value: 'a2' }),
    });
    const [run] = await world.settled();

    expect(run).toMatchObject({ state: 'failed', title: 'network: network: Invalid reference' });
    expect(world.jobs.sort()).toEqual(['plan app', 'plan network']);
    expect(await readRecord(world.ports, REPOSITORY, 'prod')).toMatchObject({ state: 'ok', commit });
    expect(await world.ports.locks.held()).toEqual([]);
  },

  'a plan that can only fail because its upstream was never applied waits for it, and asks once it can be made':
    async (world) => {
      await world.push(shop({ value: 'n1' }, { value: 'a1', plan: 'fail' }));
      await world.settled();
      await world.approve();
      const [run] = await world.settled();

      // Nothing mends this plan: it fails after network was applied, and there is no good commit to go back to.
      expect(world.jobs.slice(2)).toEqual(['apply network', 'plan app']);
      expect(run?.state).toBe('failed');
      expect(await readRecord(world.ports, REPOSITORY, 'prod')).toMatchObject({
        state: 'broken',
        commit: null,
      });
    },

  'a later wave that plans differently than was approved asks again, and says how it differs': async (
    world,
  ) => {
    await firstDeploy(world);

    await world.push({
      ...project('network', { value: 'n2' }),
      ...project('app', { value: 'uses $network' }),
    });
    await world.settled();
    await world.approve();
    const [again] = await world.settled();
    await world.approve();
    const [run] = await world.settled();

    expect(again?.state).toBe('waiting');
    expect(run?.state).toBe('succeeded');
    expect(world.state.get('app')).toBe('uses n2');
  },

  'a later wave that only fills in what was known after apply goes on without asking': async (world) => {
    await firstDeploy(world);

    await world.push({
      ...project('network', { value: 'n2' }),
      ...project('app', { value: 'uses $network', unknown: true }),
    });
    await world.settled();
    await world.approve();
    const [run] = await world.settled();

    expect(run?.state).toBe('succeeded');
    expect(world.state.get('app')).toBe('uses n2');
  },

  'an approval of another digest, of an outsider or of nobody named is refused': async (world) => {
    await world.push(shop({ value: 'n1' }, { value: 'a1' }));
    await world.settled();
    const answer = (login: string, digest: string) =>
      world.request({
        command: 'approve',
        repository: REPOSITORY,
        environment: 'prod',
        digest,
        origin: { source: 'api', login, trigger: `${login}-${digest}` },
      });
    const waiting = await world.ports.approvals.get(REPOSITORY, 'prod');

    await expect(answer('alice', 'deadbee')).rejects.toThrow(/the plan that waits is/);
    await expect(answer('bob', waiting?.digest ?? '')).rejects.toThrow(/not an approver/);
    await expect(answer('mallory', waiting?.digest ?? '')).rejects.toThrow(/no write access/);
    await expect(answer('operator', waiting?.digest ?? '')).rejects.toThrow(/not an approver/);
    expect(await states(world)).toEqual(['waiting']);
  },

  'a commit that is named has to be on the branch; one that was merged longer ago will do': async (world) => {
    const older = await world.push(shop({ value: 'n1' }, { value: 'a1' }));
    await world.settled();
    const elsewhere = world.ports.repository.push('change', project('app', { value: 'a2' }), {
      from: 'main',
    });
    const deploy = (commit: string) =>
      world.request({
        command: 'deploy',
        repository: REPOSITORY,
        environment: 'prod',
        commit,
        retry: true,
        origin: { source: 'api', login: 'alice', trigger: commit },
      });
    await world.push({ 'README.md': 'hello' });
    await world.settled();

    await expect(deploy(elsewhere)).rejects.toThrow(/is not on main: what was not merged/);
    await expect(deploy(older)).resolves.toMatchObject({ started: [expect.any(String)] });
    await world.settled();
  },

  'a rejection ends the run and leaves everything as it was': async (world) => {
    await world.push(shop({ value: 'n1' }, { value: 'a1' }));
    await world.settled();

    await world.request({
      command: 'reject',
      repository: REPOSITORY,
      environment: 'prod',
      reason: 'not today',
      origin: { source: 'api', login: 'alice', trigger: 'no' },
    });
    const [run] = await world.settled();

    expect(run).toMatchObject({ state: 'rejected' });
    expect(run?.title).toContain('not today');
    expect(world.state.size).toBe(0);
    expect(await world.ports.locks.held()).toEqual([]);
  },

  'a newer push supersedes the run that waits for approval, and the one that waits for the lock': async (
    world,
  ) => {
    await firstDeploy(world);
    await world.push(project('app', { value: 'a2' }));
    await world.settled();

    await world.push(project('app', { value: 'a3' }));
    await world.settled();
    await world.approve();
    await world.settled();

    expect(await states(world)).toEqual(['succeeded', 'superseded', 'succeeded']);
    expect(world.state.get('app')).toBe('a3');
  },

  'a configuration that waives approval does not do so in the push that brings it': async (world) => {
    await firstDeploy(world);
    const weak = CONFIG.replace('required: true', 'required: false');

    await world.push({ 'cairn.yaml': weak, ...project('app', { value: 'a2' }) });
    const [first] = await world.settled();
    await world.approve();
    await world.settled();
    await world.push(project('app', { value: 'a3' }));
    const [second] = await world.settled();

    expect(first?.state).toBe('waiting');
    expect(second?.state).toBe('succeeded');
    expect(world.state.get('app')).toBe('a3');
  },

  'a root that is gone is reported; with removed: destroy it is destroyed after an approval': async (
    world,
  ) => {
    await firstDeploy(world);
    await world.push({
      'app/main.tf': null,
      'app/model.json': null,
      'cairn.yaml': CONFIG.replace(/ {2}- dir: app\n.*\n/, ''),
    });
    await world.settled();
    const kept = world.state.get('app');

    expect(kept).toBe('a1');
    expect(world.jobs).toEqual([]);
  },
};
