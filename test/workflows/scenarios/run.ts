import { expect } from 'vitest';
import { sourceKey } from '../../../core/jobs/keys.ts';
import { jobOrder } from '../../../core/jobs/order.ts';
import { readEphemeralRecord } from '../../../core/record/ephemeral/read.ts';
import { readHistory, readRecord } from '../../../core/record/read.ts';
import type { Run } from '../../../core/requests/run.ts';
import { readJson } from '../../../core/runs/store.ts';
import { project, REPOSITORY, type World } from '../../support/memory-world.ts';
import { ask, deployed, documentOf, heldBy, newest, replies, subjects, WRITING } from './asked.ts';
import type { Scenarios } from './scenario.ts';
import { CONFIG, firstDeploy } from './shop.ts';
import { standing } from './standing.ts';

export const COMMANDS: Scenarios = {
  'a command that reads runs on what stands, whatever the pull request says that it was asked for on': async (
    world,
  ) => {
    const commit = await firstDeploy(world);
    const { ports } = world;
    ports.repository.push(
      'change',
      { ...project('app', { value: 'a2' }), 'cairn.yaml': WRITING },
      { from: 'main' },
    );
    const pull = await ports.pulls.open(REPOSITORY, { title: '', body: '', head: 'change', base: 'main' });

    await ask(world, 'state list', { pull: pull.number });
    const run = await newest(world);
    const [reply, ...more] = await replies(world, run);

    const { terraform } = await documentOf(world, run);
    const order = jobOrder.parse(await readJson(ports, `${terraform?.job}/order.json`));
    expect(run).toMatchObject({ state: 'succeeded', title: 'Ran terraform state list in app', commit });
    expect(terraform).toMatchObject({ output: { text: 'terraform_data.it\n', cut: false }, exitOk: true });
    // Where its output lies is not for a plan of the same identity to guess.
    expect(terraform?.job).toMatch(/\/deploy-plan\/[^/]+\/read-\d+-app~[0-9a-f]{16}$/);
    expect(order.inputs['source.tar.gz']).toBe(sourceKey(REPOSITORY, commit));
    expect(order).toMatchObject({ claim: null, identity: { stage: 'deploy-plan' }, state: { write: false } });
    expect(world.jobs).toEqual(['terraform app']);
    expect(more).toEqual([]);
    expect(reply).toContain('### `terraform state list` in `app` of prod: went through');
    expect(reply).toContain('```text\nterraform_data.it\n```');
    expect(await readHistory(ports, REPOSITORY, 'prod', 10)).toHaveLength(1);
  },

  'one that is not in the table, or not listed on the default branch, is not run': async (world) => {
    await firstDeploy(world);
    const { ports } = world;
    ports.repository.push('change', { 'cairn.yaml': WRITING }, { from: 'main' });
    const pull = await ports.pulls.open(REPOSITORY, { title: '', body: '', head: 'change', base: 'main' });

    await ask(world, 'destroy -auto-approve');
    const never = await newest(world);
    await ask(world, 'state rm a.b', { pull: pull.number });
    const notHere = await newest(world);
    const [reply] = await replies(world, notHere);

    expect(never).toMatchObject({ state: 'failed' });
    expect(never.title).toContain('does not run `terraform destroy`');
    expect(notHere.title).toContain('`terraform state rm` is not allowed here');
    expect(reply).toContain('`commands.allow` in cairn.yaml on the default branch');
    expect(world.jobs).toEqual([]);
    expect(await world.ports.locks.held()).toEqual([]);
  },

  'what the default branch lists now is what counts, whatever was deployed': async (world) => {
    await deployed(world, CONFIG);
    const { repository } = world.ports;
    repository.push('main', { 'cairn.yaml': WRITING });
    await ask(world, 'state rm a.b');
    const listed = await newest(world);

    repository.push('main', { 'cairn.yaml': CONFIG });
    await world.approve();
    const meanwhile = await newest(world);
    await ask(world, 'state rm a.b');
    const gone = await newest(world);

    expect(listed.state).toBe('waiting');
    expect(meanwhile).toMatchObject({ state: 'failed', title: expect.stringContaining('not allowed here') });
    expect(world.jobs).toEqual([]);
    expect(await world.ports.locks.held()).toEqual([]);
    expect(gone.title).toContain('not allowed here');
  },

  'a command that writes waits for a person under the lock, and is recorded': async (world) => {
    const commit = await deployed(world);
    const { ports } = world;
    const pull = await ports.pulls.open(REPOSITORY, { title: '', body: '', head: 'main', base: 'main' });

    await ask(world, 'state rm \'terraform_data.it["a b"]\'', { pull: pull.number });
    const waiting = await newest(world);
    const held = await heldBy(world);
    const [question] = await replies(world, waiting);
    await world.approve();
    const run = await newest(world);
    const [reply] = await replies(world, run);

    const { terraform } = await documentOf(world, run);
    const order = jobOrder.parse(await readJson(ports, `${terraform?.job}/order.json`));
    const [line] = await readHistory(ports, REPOSITORY, 'prod', 10);
    const record = await readRecord(ports, REPOSITORY, 'prod');
    expect([waiting.state, run.state]).toEqual(['waiting', 'succeeded']);
    expect(held).toEqual(['run']);
    expect(question).toContain('Approve with `/cairn approve prod ');
    expect(reply).toContain('approved by `alice`');
    expect(order).toMatchObject({ identity: { stage: 'apply' }, state: { write: true } });
    expect(order.job).toMatchObject({ writes: true, fence: expect.any(Number) });
    expect(order.claim).not.toBeNull();
    expect(line).toMatchObject({
      number: 2,
      outcome: 'ran',
      command: 'terraform state rm \'terraform_data.it["a b"]\' in app',
      good: commit,
      projects: ['app'],
      requestedBy: 'bob',
      approvedBy: ['alice'],
    });
    expect(subjects(world)[0]).toContain('prod: ran terraform state rm');
    // Its content is what it was, and no plan of the state before serves again.
    expect(record).toMatchObject({ state: 'ok', commit, deployment: 2, last: { outcome: 'deployed' } });
    expect([record?.projects['network']?.deployment, record?.projects['app']?.deployment]).toEqual([1, 2]);
    expect(await ports.locks.held()).toEqual([]);
  },

  'an answer to another command does not count, and a rejection leaves everything as it was': async (
    world,
  ) => {
    await deployed(world);
    await ask(world, 'state rm a.b');
    await world.settled();
    const first = (await world.ports.approvals.get(REPOSITORY, 'prod'))?.digest ?? '';
    const answer = (command: 'approve' | 'reject', trigger: string) =>
      world.request({
        command,
        repository: REPOSITORY,
        environment: 'prod',
        digest: first,
        origin: { source: 'api', login: 'alice', trigger },
      } as Parameters<World['request']>[0]);
    await answer('reject', 'no');
    const rejected = await newest(world);

    await ask(world, 'state rm a.c');
    await world.settled();
    const late = answer('approve', 'late');

    await expect(late).rejects.toThrow(/the plan that waits is/);
    expect(rejected.state).toBe('rejected');
    expect(world.jobs).toEqual([]);
    expect((await readHistory(world.ports, REPOSITORY, 'prod', 10))[0]).toMatchObject({
      outcome: 'rejected',
    });
  },

  'without a rule that asks, a command that writes runs at once, and one that fails is told and recorded':
    async (world) => {
      const easy = WRITING.replace('required: true', 'required: false');
      await deployed(world, easy);

      await ask(world, 'state rm terraform_data.none');
      const run = await newest(world);

      const [line] = await readHistory(world.ports, REPOSITORY, 'prod', 10);
      expect(run).toMatchObject({ state: 'failed' });
      expect(run.title).toContain('no such thing');
      expect(line).toMatchObject({
        outcome: 'failed',
        command: expect.stringContaining('terraform_data.none'),
      });
      expect(await readRecord(world.ports, REPOSITORY, 'prod')).toMatchObject({ state: 'ok' });
    },

  'a replacement becomes a deployment of the last good commit, with its plan and its approval': async (
    world,
  ) => {
    const commit = await deployed(world);

    await ask(world, 'apply -replace=terraform_data.it');
    const [deploy, command] = (await world.settled()).sort((a, b) => b.number - a.number);
    const waiting = [...world.jobs];
    await world.approve();
    const after = await newest(world);

    expect(command).toMatchObject({ workflow: 'run', state: 'succeeded' });
    expect(command?.title).toBe('Started a deployment that replaces resources of app');
    expect(deploy).toMatchObject({ workflow: 'deploy', state: 'waiting', commit });
    const { terraform } = await documentOf(world, command as Run);
    expect(terraform).toMatchObject({
      deploy: deploy?.id,
      output: { text: expect.stringContaining(deploy?.id ?? '-') },
    });
    expect(waiting).toEqual(['plan app']);
    expect(after).toMatchObject({ state: 'succeeded' });
    expect(world.jobs).toEqual(['plan app', 'apply app', 'verify']);
    expect(await readRecord(world.ports, REPOSITORY, 'prod')).toMatchObject({
      state: 'ok',
      commit,
      deployment: 2,
    });
  },

  'what depends on a replaced project is planned with it': async (world) => {
    await deployed(world);

    await ask(world, 'apply -replace=terraform_data.it', { of: 'network' });
    await world.settled();
    const { deploy } = await documentOf(
      world,
      (await world.ports.runs.list({ repository: REPOSITORY, workflow: 'deploy', limit: 1 }))[0] as Run,
    );

    expect(deploy.waves).toEqual([['network'], ['app']]);
    expect(deploy.projects['network']).toMatchObject({
      replace: ['terraform_data.it'],
      reasons: ['asked for'],
    });
    expect(deploy.projects['app']).toMatchObject({ replace: [], reasons: ['depends on network'] });
  },

  'a project or environment that is not there is told, with those that are': async (world) => {
    await deployed(world);

    await ask(world, 'state list', { of: 'database' });
    const run = await newest(world);

    expect(run).toMatchObject({ state: 'failed' });
    expect(run.title).toBe('There is no project "database" in prod; there stands app, network.');
    await expect(ask(world, 'state list', { environment: 'stage' })).rejects.toThrow(
      /no environment "stage"/,
    );
  },

  'one that was killed in the middle is not run again, and one that never began changed nothing': async (
    world,
  ) => {
    await deployed(world, WRITING.replace('required: true', 'required: false'));

    await ask(world, 'state rm terraform_data.killed');
    const killed = await newest(world);
    await ask(world, 'state rm terraform_data.unborn');
    const unborn = await newest(world);

    const [second, first] = await readHistory(world.ports, REPOSITORY, 'prod', 2);
    expect([killed.state, unborn.state]).toEqual(['failed', 'failed']);
    expect(first?.failure).toContain('ended without a result');
    expect(second?.failure).toContain('never began');
    expect(world.jobs).toEqual(['terraform app', 'terraform app']);
    expect(await world.ports.locks.held()).toEqual([]);
  },

  'an ephemeral environment is read and written as it was made, by the rule of the default branch': async (
    world,
  ) => {
    const { environment, commit } = await standing(world);
    const { repository } = world.ports;
    const config = (await repository.source.file(REPOSITORY, 'main', 'cairn.yaml')) ?? '';
    repository.push('main', {
      'cairn.yaml': `${config}commands: { allow: [state list, state rm, apply -replace] }\n`,
    });

    await ask(world, 'state list', { environment });
    const read = await newest(world);
    await ask(world, 'state rm a.b', { environment });
    const write = await newest(world);
    await ask(world, 'apply -replace=a.b', { environment });
    const replace = await newest(world);

    const { terraform } = await documentOf(world, write);
    const order = jobOrder.parse(await readJson(world.ports, `${terraform?.job}/order.json`));
    expect([read.state, write.state, replace.state]).toEqual(['succeeded', 'succeeded', 'failed']);
    expect(replace.title).toContain('for permanent environments');
    const head = world.ports.repository.refs.get('refs/heads/cairn/record') ?? null;
    const { record } = await readEphemeralRecord(world.ports, REPOSITORY, head);
    expect(record.history.map(({ event, command, by }) => [event, command, by])).toEqual([
      ['made', undefined, 'alice'],
      ['ran', 'terraform state rm a.b in app', 'bob'],
    ]);
    expect(subjects(world)[0]).toBe('eph-x: ran terraform state rm a.b in app');
    expect(order).toMatchObject({
      identity: { environment: 'ephemeral', stage: 'apply' },
      inputs: { 'source.tar.gz': sourceKey(REPOSITORY, commit ?? '') },
      state: { key: `${REPOSITORY}/ephemeral/${environment}/app`, write: true },
    });
  },
};
