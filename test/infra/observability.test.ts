import { readFileSync } from 'node:fs';
import path from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { describe, expect, it } from 'vitest';
import { alarms } from '../../infra/alarms.ts';
import { parseInfraConfig } from '../../infra/config/load-config.ts';
import { eventsOf } from '../../infra/constructs/rules.ts';
import type { ObservabilityProps } from '../../infra/context.ts';
import { ObservabilityStack, RUNBOOK } from '../../infra/stacks/observability.ts';
import { FUNCTIONS } from '../../lambdas/functions.ts';
import { METRICS } from '../../lambdas/metrics.ts';

const CONFIG = `
region: eu-west-1
account: "111122223333"
github: { app_id: "1" }
terraform: [1.11.4]
repositories:
  acme/shop: { environments: { prod: {} } }
`;
const EPHEMERAL = '  acme/lab: { environments: { prod: {} }, ephemeral: { account: "444455556666" } }\n';
const TOPIC = 'arn:aws:sns:eu-west-1:111122223333:alarms';

function synth(more = '', deadLetters = ['requests', 'ended', 'github']) {
  const pipeline = {
    functions: Object.fromEntries(Object.keys(FUNCTIONS).map((name) => [name, {}])),
    stateMachines: { plan: {}, deploy: {} },
    queues: {},
    deadLetters: Object.fromEntries(deadLetters.map((name) => [name, {}])),
    api: { id: 'abc123', url: 'https://x', webhookUrl: 'https://x/webhook', stage: '$default' },
  };
  const props = {
    config: parseInfraConfig(CONFIG + more),
    env: { account: '111122223333', region: 'eu-west-1' },
    pipeline,
  } as unknown as ObservabilityProps;
  return Template.fromStack(new ObservabilityStack(new App(), 'CairnObservability', props));
}

function machine(name: string): IStateMachine {
  return { stateMachineArn: name } as IStateMachine;
}

interface AlarmProperties {
  AlarmName: string;
  AlarmDescription: string;
  AlarmActions?: string[];
  OKActions?: string[];
  Namespace?: string;
  MetricName?: string;
  Metrics?: { Expression?: string; MetricStat?: { Metric: { MetricName: string } } }[];
  TreatMissingData: string;
  Dimensions?: { Name: string; Value: unknown }[];
}

function alarmsOf(template: Template): AlarmProperties[] {
  return Object.values(template.findResources('AWS::CloudWatch::Alarm')).map(
    ({ Properties }) => Properties as AlarmProperties,
  );
}

/** The anchors that GitHub makes of headings. */
function anchors(): Set<string> {
  const text = readFileSync(path.resolve(import.meta.dirname, '../..', RUNBOOK), 'utf8');
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    ),
  );
}

describe('the alarms', () => {
  it('each name a section of the runbook that is there', () => {
    const known = anchors();

    const linked = alarmsOf(synth(EPHEMERAL)).map(
      ({ AlarmDescription }) => AlarmDescription.split(`${RUNBOOK}#`)[1] ?? '',
    );

    expect(linked.length).toBeGreaterThan(0);
    for (const anchor of linked) {
      expect(anchor).toMatch(/^alarm-/);
      expect(known).toContain(anchor);
    }
    const sections = [...known].filter((anchor) => anchor.startsWith('alarm-'));
    expect(new Set(linked)).toEqual(new Set(sections));
  });

  it('are one for each dead-letter queue, and one for each thing that can go wrong elsewhere', () => {
    const names = alarmsOf(synth(EPHEMERAL, ['requests', 'ended', 'github', 'slack'])).map(
      ({ AlarmName }) => AlarmName,
    );

    expect(names.sort()).toEqual([
      'cairn-dead-letters-ended',
      'cairn-dead-letters-github',
      'cairn-dead-letters-requests',
      'cairn-dead-letters-slack',
      'cairn-failed-runs',
      'cairn-function-errors',
      'cairn-leaked-environments',
      'cairn-lost-schedules',
      'cairn-no-look-at-heads',
      'cairn-refused-signatures',
      'cairn-stuck-locks',
      'cairn-webhook-errors',
    ]);
  });

  it('of ephemeral environments are there only where there can be any', () => {
    const names = alarmsOf(synth()).map(({ AlarmName }) => AlarmName);

    expect(names).not.toContain('cairn-leaked-environments');
    expect(names).not.toContain('cairn-lost-schedules');
  });

  it('cost at most a dollar and a half a month', () => {
    const world = {
      deadLetters: { requests: 'a', ended: 'b', github: 'c', slack: 'd' },
      api: { id: 'g', stage: 'h' },
      ephemeral: true,
    };

    const metrics = alarms(world).flatMap((alarm) => alarm.metrics);

    expect(metrics.length * 0.1).toBeLessThanOrEqual(1.5);
  });

  it('ring for a run that died, not when a newer commit stops the plan of an older one', () => {
    const found = alarms({ deadLetters: {}, api: { id: 'g', stage: 'h' }, ephemeral: false }).find(
      ({ key }) => key === 'failed-runs',
    );
    const { bus, patterns } = eventsOf('ended', { plan: machine('plan'), deploy: machine('deploy') });
    const counted = (found?.metrics ?? []).map(({ dimensions }) =>
      dimensions['RuleName']?.slice('cairn-'.length),
    );

    const heard = counted.flatMap((rule) => {
      const { stateMachineArn = [], status = [] } = patterns[rule ?? '']?.detail ?? {};
      return (status as string[]).flatMap((one) =>
        (stateMachineArn as string[]).map((name) => `${name} ${one}`),
      );
    });

    expect(bus).toBe('default');
    expect(heard.sort()).toEqual([
      'deploy ABORTED',
      'deploy FAILED',
      'deploy TIMED_OUT',
      'plan FAILED',
      'plan TIMED_OUT',
    ]);
  });

  it('ring when nothing is heard of the look at the heads, and only then', () => {
    const loud = alarmsOf(synth()).filter(({ TreatMissingData }) => TreatMissingData === 'breaching');

    expect(loud.map(({ AlarmName }) => AlarmName)).toEqual(['cairn-no-look-at-heads']);
  });

  it('read only metrics of ours that functions write, with their dimensions', () => {
    const own = alarmsOf(synth(EPHEMERAL)).filter(({ Namespace }) => Namespace === 'Cairn');

    expect(own.length).toBeGreaterThan(0);
    for (const { MetricName = '', Dimensions = [] } of own) {
      const names = Dimensions.map(({ Name }) => Name).sort();
      expect(names).toEqual(['service', ...METRICS[MetricName as keyof typeof METRICS]].sort());
    }
  });

  it('watch functions that there are', () => {
    const watched = JSON.stringify(synth().toJSON()).match(/cairn-[A-Z]\w+/g) ?? [];

    expect(watched.length).toBeGreaterThan(0);
    for (const name of watched) expect(Object.keys(FUNCTIONS)).toContain(name.slice('cairn-'.length));
  });

  it('tell the topic of the operator, when they ring and when it is over', () => {
    const silent = alarmsOf(synth());
    const told = alarmsOf(synth(`alarm_topic: ${TOPIC}\n`));

    expect(silent.every(({ AlarmActions, OKActions }) => !AlarmActions && !OKActions)).toBe(true);
    for (const { AlarmActions, OKActions } of told) {
      expect(AlarmActions).toEqual([TOPIC]);
      expect(OKActions).toEqual([TOPIC]);
    }
  });
});

describe('the dashboard', () => {
  it('is there for who asks', () => {
    synth().resourceCountIs('AWS::CloudWatch::Dashboard', 0);
    synth('dashboard: true\n').hasResourceProperties('AWS::CloudWatch::Dashboard', {
      DashboardName: 'cairn',
    });
  });
});
