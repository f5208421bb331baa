import { expect } from 'vitest';
import { readRecord } from '../../../core/record/read.ts';
import { tellSlack } from '../../../core/reports/slack/sink-slack.ts';
import { project, REPOSITORY, type World } from '../../support/memory-world.ts';
import { ask, deployed, newest, replies, WRITING } from './asked.ts';
import type { Scenarios } from './scenario.ts';
import { shop } from './shop.ts';

const NOT_AUTHOR = WRITING.replace('approvers: [alice]', 'approvers: [alice, bob], not_author: true');
const IN_SLACK = `${WRITING}notifications: { slack: { channel: C1 } }\n`;
const deploysOf = (world: World) =>
  world.ports.runs.list({ repository: REPOSITORY, workflow: 'deploy', limit: 9 });

async function approve(world: World, login: string) {
  await world.approve(login);
  return newest(world);
}

async function inChannel(world: World): Promise<string> {
  for (const event of world.ports.emitted) await tellSlack(event, world.ports);
  return JSON.stringify([...world.ports.chat.messages.values()]);
}

/** Who may, when, and what people are shown. */
export const HELD: Scenarios = {
  'a replacement whose turn comes after another deployment replaces in what stands then': async (world) => {
    await deployed(world);
    await world.ports.locks.claim(REPOSITORY, 'prod', {
      runId: 'e'.repeat(20),
      token: 'of somebody else',
      command: 'drift',
      commit: null,
      at: '2026-01-01T00:00:00.000Z',
    });
    const commit = await world.push(project('app', { value: 'a2' }));
    await world.settled();
    await ask(world, 'apply -replace=terraform_data.it');
    const waiting = await world.settled();

    const freed = await world.ports.locks.release(REPOSITORY, 'prod', 'e'.repeat(20));
    const { token = '' } = freed?.holder ?? {};
    await world.ports.workflows.succeed(token, { outcome: 'held', fence: freed?.fence });
    await world.settled();
    await world.approve();
    await world.settled();
    await world.approve();
    const replacing = (await world.settled()).find(({ number }) => number === 4);

    expect(waiting.map(({ workflow, state }) => [workflow, state])).toContainEqual(['deploy', 'queued']);
    expect(waiting.filter(({ state }) => state === 'superseded')).toEqual([]);
    expect(world.state.get('app')).toBe('a2');
    expect((await deploysOf(world)).map(({ state }) => state)).toEqual([
      'succeeded',
      'succeeded',
      'succeeded',
    ]);
    expect(replacing).toMatchObject({ workflow: 'deploy', state: 'succeeded', commit });
    expect(await readRecord(world.ports, REPOSITORY, 'prod')).toMatchObject({ commit, state: 'ok' });
  },

  'who asks for what is written by hand, or made anew, is its author': async (world) => {
    await deployed(world, NOT_AUTHOR);

    await ask(world, 'state rm a.b');
    await world.settled();
    await expect(world.approve('bob')).rejects.toThrow(/not_author/);
    const written = await approve(world, 'alice');
    await ask(world, 'apply -replace=terraform_data.it');
    await world.settled();
    await expect(world.approve('bob')).rejects.toThrow(/not_author/);
    const replaced = await approve(world, 'alice');

    expect([written.state, replaced.state]).toEqual(['succeeded', 'succeeded']);
  },

  'nobody without write access asks for one, not even for one that reads': async (world) => {
    await deployed(world);

    const asked = [
      ask(world, 'state list', { login: 'mallory' }),
      ask(world, 'state rm a.b', { login: 'mallory' }),
    ];

    for (const one of asked) await expect(one).rejects.toThrow(/no write access/);
    expect(world.jobs).toEqual([]);
  },

  'where nothing was ever deployed, that is said': async (world) => {
    world.ports.repository.push('main', shop({ value: 'n1' }, { value: 'a1' }, WRITING));

    await ask(world, 'state list');
    const run = await newest(world);

    expect(run).toMatchObject({
      state: 'failed',
      title: 'Nothing stands in prod: there is no good commit of it.',
    });
    expect(world.jobs).toEqual([]);
  },

  'the same asked again waits for an answer of its own': async (world) => {
    await deployed(world);
    await ask(world, 'state rm a.b');
    await world.settled();
    const digest = (await world.ports.approvals.get(REPOSITORY, 'prod'))?.digest ?? '';
    const answer = () =>
      world.request({
        command: 'approve',
        repository: REPOSITORY,
        environment: 'prod',
        digest,
        origin: { source: 'api', login: 'alice', trigger: 'one comment' },
      });
    await answer();
    await world.settled();

    await ask(world, 'state rm a.b');
    await world.settled();
    await answer();
    const run = await newest(world);

    expect((await world.ports.approvals.get(REPOSITORY, 'prod'))?.digest).toBe(digest);
    expect(run.state).toBe('waiting');
    expect(world.jobs).toEqual(['terraform app']);
  },

  'a channel reads that one waits, with buttons, and how it ended; of one that reads it hears nothing':
    async (world) => {
      await deployed(world, IN_SLACK);
      world.ports.chat.buttons = true;
      await inChannel(world);
      world.ports.chat.messages.clear();

      await ask(world, 'state list');
      await world.settled();
      const ofRead = await inChannel(world);
      await ask(world, 'state rm terraform_data.none');
      await world.settled();
      const question = await inChannel(world);
      await approve(world, 'alice');
      const end = await inChannel(world);

      expect(ofRead).toBe('[]');
      expect(question).toContain('terraform in app of prod: waits for approval');
      expect(question).toContain('`terraform state rm terraform_data.none`');
      expect(question).toContain('/cairn approve prod ');
      expect(question).toContain('cairn:approve');
      expect(end).toContain('terraform in app of prod: failed');
      expect(end).not.toContain('cairn:approve');
    },

  'a question shows all of a long command': async (world) => {
    await deployed(world);
    const addresses = Array.from({ length: 40 }, (_, at) => `terraform_data.one_of_many_${at}`);
    const { number } = await world.ports.pulls.open(REPOSITORY, {
      title: '',
      body: '',
      head: 'main',
      base: 'main',
    });

    await ask(world, `state rm ${addresses.join(' ')}`, { pull: number });
    const [question] = await replies(world, await newest(world));

    expect(question).toContain(`state rm ${addresses.join(' ')}\n\`\`\``);
  },
};
