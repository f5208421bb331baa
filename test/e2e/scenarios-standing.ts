import { config } from '../support/real-roots.ts';
import { REPOSITORY } from '../support/world.ts';
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

/** Environments that stand for a time, and what is asked of those that stand. */
export const STANDING: Scenario[] = [
  {
    name: 'an ephemeral environment is made for a pull request, and taken down',
    async play(world) {
      await world.push(config('', `ephemeral: {}\n${NETWORK_THEN_APP}`));
      await world.push(
        { ...files(world, 'network', { value: 'n1' }), ...files(world, 'app', { value: 'a1' }) },
        { branch: 'both' },
      );
      const { number } = await world.bob.openPull({ head: 'both' });
      const environment = `eph-pr-${number}`;
      const { ports } = world.hosted;
      await world.bob.comment(number, '/cairn up ttl=2h');
      const launch = await world.ended({ environment, workflow: 'ephemeral' });
      const stands = await ports.ephemerals.get(REPOSITORY, environment);
      const scheduled = (await ports.schedules.list()).length;
      await world.bob.comment(number, '/cairn down');
      const end = await world.ended({ environment, workflow: 'destroy' });
      return {
        launch: { state: launch.state, steps: await steps(world, launch) },
        stands: stands?.state,
        scheduled,
        end: { state: end.state, steps: await steps(world, end) },
        applied: await world.applied(),
        left: await ports.ephemerals.list(REPOSITORY),
        schedules: (await ports.schedules.list()).length,
        prod: await world.record(),
      };
    },
    expected: {
      launch: {
        state: 'succeeded',
        steps: [
          ...HELD,
          'LaunchEnvironment',
          'FetchSource',
          'ResolveEphemeral',
          'WhatIsResolved',
          ...planned(2),
          ...applied(1),
          ...planned(1),
          ...applied(1),
          ...NEXT,
          'SettleEnvironment',
          'RecordEnvironment',
          ...RELEASED,
        ],
      },
      stands: 'ready',
      scheduled: 2,
      end: {
        state: 'succeeded',
        steps: [
          ...HELD,
          'ResolveDestroy',
          'WhatIsResolved',
          ...planned(1),
          ...applied(1),
          ...planned(1),
          ...applied(1),
          ...NEXT,
          'ReviewDestroy',
          'IsDestroyed',
          'RecordEnvironment',
          ...RELEASED,
        ],
      },
      applied: ['+ network n1', '+ app a1', '- app a1', '- network n1'],
      left: [],
      schedules: 0,
      prod: null,
    },
  },
  {
    name: 'a command that reads runs on what stands, and drift is looked for',
    async play(world) {
      const commit = await world.push({ ...config(), ...files(world, 'network', { value: 'n1' }) });
      await world.deploy({ commit });
      await world.ask(
        { command: 'run', environment: 'prod', project: 'network', args: ['state', 'list'] },
        world.bob.token,
      );
      const ran = await world.ended({ environment: 'prod', workflow: 'run' });
      const printed = await world.hosted.ports.artifacts.list(
        `jobs/${REPOSITORY}/prod/deploy-plan/${ran.id}/`,
      );
      const output = printed.find((key) => key.endsWith('/out/output.txt'));
      await world.ask({ command: 'drift', environment: 'prod' }, world.bob.token);
      const drift = await world.ended({ environment: 'prod', workflow: 'drift' });
      return {
        ran: { state: ran.state, steps: await steps(world, ran) },
        output: new TextDecoder().decode(await world.hosted.ports.artifacts.get(output ?? '')),
        drift: { state: drift.state, title: drift.title.slice(0, 8), steps: await steps(world, drift) },
        issues: await world.bob.issues(),
      };
    },
    expected: {
      ran: {
        state: 'succeeded',
        steps: [
          ...CLAIMED,
          'FetchSource',
          'PrepareCommand',
          'WhatIsAsked',
          'OrderCommand',
          'IsOrdered',
          'RunCommand',
          'ReviewCommand',
          'RecordCommand',
          ...RELEASED,
        ],
      },
      output: 'terraform_data.it\n',
      drift: {
        state: 'succeeded',
        title: 'No drift',
        steps: [
          ...CLAIMED,
          'FetchSource',
          'ResolveDrift',
          'WhatIsResolved',
          'NextWave',
          'PlanProjects',
          'PlanProject',
          'ReviewDrift',
          'ReportDrift',
          'EndRun',
        ],
      },
      issues: [],
    },
  },
];
