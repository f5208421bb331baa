import { expect } from 'vitest';
import { freezeOf } from '../../../core/environments/freeze.ts';
import { thawSlot } from '../../../core/environments/thaw.ts';
import { project, REPOSITORY } from '../../support/memory-world.ts';
import { freeze, log, origin, queueing, unfreeze } from './freeze-asks.ts';
import type { Scenarios } from './scenario.ts';
import { CONFIG, firstDeploy, shop, states } from './shop.ts';

export const THAWS: Scenarios = {
  'unfrozen twice by one request it starts one deploy; what was not frozen cannot be unfrozen': async (
    world,
  ) => {
    await firstDeploy(world);
    await freeze(world);
    await world.push(project('app', { value: 'a2' }));
    await world.settled();
    const request = {
      command: 'unfreeze' as const,
      repository: REPOSITORY,
      environment: 'prod',
      origin: origin(world, 'bob'),
    };
    const first = await world.request(request);
    const again = await world.request(request);
    await world.settled();

    expect(again).toEqual(first);
    expect(await states(world)).toEqual(['waiting', 'refused', 'succeeded']);
    await expect(unfreeze(world)).rejects.toThrow('prod is not frozen');
  },

  'with while_frozen: queue a deploy waits without the lock, a newer one takes its place, and goes on after the thaw':
    async (world) => {
      await queueing(world);
      await freeze(world);
      await world.push(project('app', { value: 'a2' }));
      await world.settled();
      const waiting = await states(world);
      const lock = await world.ports.locks.held();
      const commit = await world.push(project('app', { value: 'a3' }));
      await world.settled();
      const both = await states(world);
      const planned = [...world.jobs];
      const answer = await unfreeze(world);
      await world.settled();
      await world.approve();
      await world.settled();

      expect(waiting).toEqual(['waiting', 'succeeded']);
      expect(lock).toEqual([]);
      expect(both).toEqual(['waiting', 'superseded', 'succeeded']);
      expect(planned).toEqual([]);
      expect(answer['message']).toContain(`The deploy of ${commit.slice(0, 7)} that waited goes on`);
      expect(await states(world)).toEqual(['succeeded', 'superseded', 'succeeded']);
      expect(world.state.get('app')).toBe('a3');
      expect(await world.ports.locks.held()).toEqual([]);
    },

  'what waits for the thaw is dropped if the branch has moved on unseen': async (world) => {
    await queueing(world);
    await freeze(world);
    await world.push(project('app', { value: 'a2' }));
    await world.settled();
    world.ports.repository.push('main', project('app', { value: 'a3' }));

    await unfreeze(world);
    const [run] = await world.settled();

    expect(run).toMatchObject({ state: 'superseded' });
    expect(world.jobs).toEqual([]);
  },

  'one that has waited for as long as it can is refused, and the head is deployed after the thaw': async (
    world,
  ) => {
    const { approvals, workflows } = world.ports;
    await queueing(world);
    await freeze(world);
    await world.push(project('app', { value: 'a2' }));
    await world.settled();
    const waiting = await approvals.get(REPOSITORY, thawSlot('prod'));
    // What the workflow says for itself after 24 days.
    await workflows.succeed(waiting?.token ?? '', { outcome: 'expired' });
    const [refused] = await world.settled();
    const answer = await unfreeze(world);
    await world.settled();
    await world.approve();
    await world.settled();

    expect(refused).toMatchObject({ state: 'refused', title: 'prod is frozen by alice: release week' });
    expect(answer['message']).toContain('which was refused meanwhile, is deployed now');
    expect(await states(world)).toEqual(['succeeded', 'refused', 'succeeded']);
    expect(world.state.get('app')).toBe('a2');
  },

  'what waits for the thaw can be turned down, and is no question that can be approved': async (world) => {
    await queueing(world);
    await freeze(world);
    await world.push(project('app', { value: 'a2' }));
    await world.settled();
    const answer = { repository: REPOSITORY, environment: 'prod' };
    const approve = {
      ...answer,
      command: 'approve' as const,
      digest: '0000000',
      origin: origin(world, 'alice'),
    };
    await expect(world.request(approve)).rejects.toThrow(/prod is frozen, and what waits/);

    await world.request({ ...answer, command: 'reject', reason: 'not now', origin: origin(world, 'alice') });
    const [run] = await world.settled();

    expect(run).toMatchObject({ state: 'rejected', title: 'Rejected by alice: not now' });
  },

  'a freeze with an end is over at that time by itself, and what waited goes on': async (world) => {
    await queueing(world);
    const said = await freeze(world, { until: '3d' });
    await world.push(project('app', { value: 'a2' }));
    await world.settled();
    const frozen = await freezeOf(world.ports, REPOSITORY, 'prod');

    await world.pass(3 * 86_400);
    await world.settled();
    await world.approve();
    const [run] = await world.settled();

    expect(said['message']).toContain('prod is frozen by alice until 2026-01-04 00:00 UTC: release week');
    expect(frozen).toMatchObject({ by: 'alice', until: '2026-01-04T00:00:00.000Z' });
    expect(await freezeOf(world.ports, REPOSITORY, 'prod')).toBeNull();
    expect(run).toMatchObject({ state: 'succeeded' });
    expect(log(world)[1]).toBe('prod: unfrozen by its time');
  },

  'frozen again, reason and end are replaced, and the end before it does not count': async (world) => {
    await firstDeploy(world);
    await freeze(world, { until: '1h' });
    const said = await freeze(world, { reason: 'an audit', until: '1d' }, 'bob');

    await world.pass(3_600);

    expect(said['message']).toContain('It was frozen by alice before: release week.');
    expect(await freezeOf(world.ports, REPOSITORY, 'prod')).toMatchObject({ by: 'bob', reason: 'an audit' });
    expect(await world.ports.schedules.list()).toHaveLength(1);
    await unfreeze(world);
    expect(await world.ports.schedules.list()).toEqual([]);
  },

  'a click on an older plan, or by somebody who may not answer, is refused and told to whoever clicked':
    async (world) => {
      const { chat, approvals } = world.ports;
      await firstDeploy(world);
      await world.push(project('app', { value: 'a2' }));
      await world.settled();
      const digest = (await approvals.get(REPOSITORY, 'prod'))?.digest ?? '';
      const click = (command: 'approve' | 'reject', login: string, shown: string, at: string) =>
        world.request({
          command,
          repository: REPOSITORY,
          environment: 'prod',
          digest: shown,
          origin: {
            source: 'slack',
            login,
            trigger: `slack-C1-1.1-${at}`,
            answerTo: `https://hooks.slack.com/${at}`,
          },
        });

      await click('approve', 'alice', 'd'.repeat(64), '1');
      await click('reject', 'alice', 'd'.repeat(64), '2');
      await click('approve', 'bob', digest, '3');
      await click('approve', 'operator', digest, '4');
      await click('approve', 'bob', digest, '3');
      const before = await states(world);
      await click('approve', 'alice', digest, '5');
      const [run] = await world.settled();

      expect(before[0]).toBe('waiting');
      expect(chat.answers.map(({ address }) => address)).toEqual(
        ['1', '2', '3', '4'].map((at) => `https://hooks.slack.com/${at}`),
      );
      expect(chat.answers[0]?.text).toContain('the plan that waits is');
      expect(chat.answers[1]?.text).toContain('You answered ddddddd, but the plan that waits is');
      expect(chat.answers[2]?.text).toContain('@bob is not an approver of prod');
      expect(run?.state).toBe('succeeded');
    },

  'of two clicks at once one is the answer, and the other is told that there is one': async (world) => {
    const { chat, approvals } = world.ports;
    await firstDeploy(world);
    await world.push(project('app', { value: 'a2' }));
    await world.settled();
    const digest = (await approvals.get(REPOSITORY, 'prod'))?.digest ?? '';
    const click = (command: 'approve' | 'reject', at: string) =>
      world.request({
        command,
        repository: REPOSITORY,
        environment: 'prod',
        digest,
        origin: {
          source: 'slack',
          login: 'alice',
          trigger: `slack-C1-1.1-${at}`,
          answerTo: `https://hooks.slack.com/${at}`,
        },
      });

    await Promise.all([click('approve', '1'), click('approve', '2'), click('reject', '3')]);
    const [run] = await world.settled();

    expect(chat.answers.map(({ text }) => text)).toEqual([
      'That run was answered already.',
      'That run was answered already.',
    ]);
    expect(['succeeded', 'rejected']).toContain(run?.state);
    expect(world.jobs).toEqual(
      run?.state === 'succeeded' ? ['plan app', 'apply app', 'verify'] : ['plan app'],
    );
    expect(await approvals.get(REPOSITORY, 'prod')).toBeNull();
  },

  'a freeze is told to the channel and below the comment that asked for it, once': async (world) => {
    const { chat, reports, pulls, repository } = world.ports;
    await world.push(
      shop({ value: 'n1' }, { value: 'a1' }, `${CONFIG}notifications: { slack: { channel: C1 } }\n`),
    );
    await world.settled();
    repository.push('change', project('app', { value: 'a3' }), { from: 'main' });
    const { number } = await pulls.open(REPOSITORY, {
      title: 'More',
      body: '',
      head: 'change',
      base: 'main',
    });
    const request = {
      command: 'freeze' as const,
      repository: REPOSITORY,
      environment: 'prod',
      reason: 'release week',
      until: '3d',
      pull: number,
      origin: { source: 'comment' as const, login: 'alice', trigger: 'comment-7' },
    };

    await world.request(request);
    await world.request(request);

    const said =
      'prod is frozen by alice until 2026-01-04 00:00 UTC: release week. `/cairn unfreeze prod` ends it.';
    expect([...reports.comments.values()].map(({ body }) => body)).toEqual([
      `<!-- cairn:reply:comment-7 -->\n@alice ${said}`,
    ]);
    expect([...chat.messages.values()].map(({ message }) => message.text)).toEqual([`acme/shop: ${said}`]);
    expect(await freezeOf(world.ports, REPOSITORY, 'prod')).toMatchObject({ reason: 'release week' });
  },
};
