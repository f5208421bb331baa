import { Duration, Stack } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { type AlarmSpec, alarms, type MetricSource } from '../alarms.ts';
import { CairnDashboard } from '../constructs/dashboard.ts';
import type { ObservabilityProps } from '../context.ts';
import { arns } from '../permissions/world.ts';

/** Where each alarm's section stands. */
export const RUNBOOK = 'docs/operations.md';

/** Alarms, each with its section of the runbook, and on request a dashboard. */
export class ObservabilityStack extends Stack {
  constructor(scope: Construct, id: string, props: ObservabilityProps) {
    const { config, foundation: _foundation, pipeline, ...rest } = props;
    super(scope, id, { ...rest, description: 'Cairn: its alarms' });
    const topic = config.alarmTopic === null ? null : Topic.fromTopicArn(this, 'Topic', config.alarmTopic);
    // By their fixed names: an export of a queue that goes (Slack's) could not be taken back.
    const workflows = Object.keys(pipeline.stateMachines);
    const stateMachines = Object.fromEntries(
      workflows.map((workflow) => [workflow, arns(this).stateMachine(workflow)]),
    );
    const queues = Object.keys(pipeline.deadLetters);
    const specs = alarms({
      deadLetters: Object.fromEntries(queues.map((name) => [name, `cairn-${name}-dead`])),
      api: pipeline.api,
      ephemeral: config.repositories.some(({ ephemeral }) => ephemeral !== null),
    });
    const made = specs.map((spec) => this.alarm(spec, topic));
    if (config.dashboard) {
      const functions = Object.keys(pipeline.functions);
      new CairnDashboard(this, 'Dashboard', { alarms: made, stateMachines, queues, functions });
    }
  }

  private alarm(spec: AlarmSpec, topic: ITopic | null): Alarm {
    const alarm = new Alarm(this, spec.key, {
      alarmName: `cairn-${spec.key}`,
      alarmDescription: `${spec.says} What to do: ${RUNBOOK}#${spec.section}`,
      metric: metricOf(spec),
      evaluationPeriods: spec.periods,
      threshold: spec.threshold,
      comparisonOperator: spec.below
        ? ComparisonOperator.LESS_THAN_THRESHOLD
        : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: spec.silenceIsBad ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    });
    if (topic) {
      alarm.addAlarmAction(new SnsAction(topic));
      alarm.addOkAction(new SnsAction(topic));
    }
    return alarm;
  }
}

function metricOf({ metrics, minutes }: AlarmSpec): IMetric {
  const period = Duration.minutes(minutes);
  const [first, ...more] = metrics.map((source) => metric(source, period));
  if (!first) throw new Error('an alarm needs a metric');
  if (more.length === 0) return first;
  const all = [first, ...more];
  // Nothing is written where nothing happened.
  const expression = all.map((_, index) => `FILL(m${index}, 0)`).join(' + ');
  const usingMetrics = Object.fromEntries(all.map((one, index) => [`m${index}`, one]));
  return new MathExpression({ expression, usingMetrics, period });
}

function metric({ namespace, name, dimensions, statistic }: MetricSource, period: Duration): Metric {
  return new Metric({ namespace, metricName: name, dimensionsMap: dimensions, statistic, period });
}
