import { config } from '../support/real-roots.ts';
import type { World } from '../support/world.ts';
import {
  applied,
  CLAIMED,
  files,
  HELD,
  NETWORK_THEN_APP,
  NEXT,
  planned,
  RELEASED,
  type Scenario,
  steps,
} from './scenario.ts';
import { STANDING } from './scenarios-standing.ts';

const BEGUN = [...HELD, 'FetchSource', 'ResolveProjects', 'WhatIsResolved'];
const ASKED = ['RequestApproval', 'ReviewAnswer', 'IsApproved'];
const END = ['OpenRevert', 'RecordDeployment', ...RELEASED];

async function reverts(world: World) {
  const all = await world.alice.pulls('all');
  return all
    .filter(({ head }) => head.ref.startsWith('cairn/revert-'))
    .map(({ title, state }) => ({ state, title: title.replace(/\b[0-9a-f]{7,40}\b/g, 'COMMIT') }));
}

export const SCENARIOS: Scenario[] = [
  {
    name: 'a pull request gets its plan as a comment and a check',
    async play(world) {
      await world.push({ ...config(), 'README.md': 'Infrastructure\n' });
      const head = await world.push(files(world, 'network', { value: 'n1' }), { branch: 'network' });
      const { number } = await world.bob.openPull({ head: 'network' });
      const run = await world.ended({ pull: number, commit: head });
      const comment = await world.until('the plan comment', async () =>
        (await world.bob.comments(number)).find(({ body }) => body.includes('terraform_data.it')),
      );
      const check = await world.until('the check', async () => {
        const found = await world.bob.check(head, 'cairn: prod');
        return found?.conclusion ? found : undefined;
      });
      return {
        state: run.state,
        steps: await steps(world, run),
        comment: { by: comment.user.login, marked: comment.body.includes('<!-- cairn:plan:prod') },
        check: { conclusion: check.conclusion, title: check.title },
        applied: await world.applied(),
      };
    },
    expected: {
      state: 'succeeded',
      steps: [
        ...CLAIMED,
        'FetchSource',
        'ResolveProjects',
        'NextWave',
        'PlanProjects',
        'PlanProject',
        'ReviewPlans',
        'EndRun',
      ],
      comment: { by: 'cairn[bot]', marked: true },
      check: { conclusion: 'success', title: '1 to add' },
      applied: [],
    },
  },
  {
    name: 'a push waits for an approval by comment, is applied wave by wave and recorded',
    async play(world) {
      await world.push(config('', NETWORK_THEN_APP));
      await world.push(
        { ...files(world, 'network', { value: 'n1' }), ...files(world, 'app', { value: 'a1' }) },
        { branch: 'both' },
      );
      const { number } = await world.bob.openPull({ head: 'both' });
      await world.ended({ pull: number });
      const commit = await world.alice.merge(number);
      const digest = await world.waiting({ commit });
      const before = await world.applied();
      await world.alice.comment(number, `/cairn approve prod ${digest}`);
      const run = await world.ended({ commit });
      const record = await world.record();
      return {
        before,
        state: run.state,
        steps: await steps(world, run),
        applied: await world.applied(),
        record: { state: record?.state, isThis: record?.commit === commit, deployment: record?.deployment },
        outputs: (await world.state('network'))?.outputs['value']?.value,
      };
    },
    expected: {
      before: [],
      state: 'succeeded',
      steps: [
        ...BEGUN,
        ...planned(2),
        ...ASKED,
        ...applied(1),
        ...planned(1),
        ...applied(1),
        ...NEXT,
        ...END,
      ],
      applied: ['+ network n1', '+ app a1'],
      record: { state: 'ok', isThis: true, deployment: 1 },
      outputs: 'n1',
    },
  },
  {
    name: 'a failing apply goes back to the last good commit, and a revert pull request says so',
    async play(world) {
      const good = await world.push({ ...config(), ...files(world, 'network', { value: 'n1' }) });
      await world.deploy({ commit: good });
      const bad = await world.push(files(world, 'network', { value: 'n2', fails: true }));
      const run = await world.deploy({ commit: bad });
      const record = await world.record();
      return {
        state: run.state,
        steps: await steps(world, run),
        applied: await world.applied(),
        record: { state: record?.state, isGood: record?.commit === good },
        reverts: await reverts(world),
        outputs: (await world.state('network'))?.outputs['value']?.value,
      };
    },
    expected: {
      state: 'rolled-back',
      steps: [
        ...BEGUN,
        ...planned(1),
        ...ASKED,
        ...NEXT,
        'ApplyProjects',
        'ApplyProject',
        'ApplyEnded',
        'ReviewApplies',
        'AreApplied',
        'PrepareRollback',
        'CanGoBack',
        ...planned(1),
        ...applied(1),
        ...NEXT,
        ...END,
      ],
      applied: ['+ network n1', '- network n1', '+ network n2', '+ network n1'],
      record: { state: 'rollback', isGood: true },
      reverts: [{ state: 'open', title: 'Revert prod to COMMIT: network failed' }],
      outputs: 'n1',
    },
  },
  {
    name: 'a newer push supersedes the run that waits for a person',
    async play(world) {
      const first = await world.push({ ...config(), ...files(world, 'network', { value: 'n1' }) });
      await world.waiting({ commit: first });
      const second = await world.push(files(world, 'network', { value: 'n2' }));
      const old = await world.ended({ commit: first });
      const run = await world.deploy({ commit: second });
      return {
        old: { state: old.state, steps: await steps(world, old) },
        state: run.state,
        steps: await steps(world, run),
        applied: await world.applied(),
        locks: (await world.hosted.ports.locks.held()).length,
      };
    },
    expected: {
      old: { state: 'superseded', steps: [...BEGUN, ...planned(1), ...ASKED, ...END] },
      state: 'succeeded',
      steps: [...BEGUN, ...planned(1), ...ASKED, ...applied(1), ...NEXT, ...END],
      applied: ['+ network n2'],
      locks: 0,
    },
  },
  ...STANDING,
];
