import { Duration } from 'aws-cdk-lib';
import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  LogQueryWidget,
  Metric,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { JOB_LOGS } from '../names.ts';

interface CairnDashboardProps {
  alarms: Alarm[];
  /** Workflow -> ARN. */
  stateMachines: Record<string, string>;
  queues: string[];
  /** As in lambdas/functions.ts. */
  functions: string[];
}

const WIDE = 24;
const HALF = 12;

/** One page: what is wrong, what ran, what waits, and what jobs said last. */
export class CairnDashboard extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { alarms, stateMachines, queues, functions }: CairnDashboardProps,
  ) {
    super(scope, id);
    const ran = (name: string) =>
      Object.entries(stateMachines).map(([label, StateMachineArn]) =>
        hourly('AWS/States', name, { StateMachineArn }, label),
      );
    const dashboard = new Dashboard(this, 'Page', {
      dashboardName: 'cairn',
      defaultInterval: Duration.days(7),
    });
    dashboard.addWidgets(new AlarmStatusWidget({ title: 'Alarms', alarms, width: WIDE, height: 4 }));
    dashboard.addWidgets(
      new GraphWidget({ title: 'Runs that started', left: ran('ExecutionsStarted'), width: HALF }),
      new GraphWidget({ title: 'Runs that died', left: ran('ExecutionsFailed'), width: HALF }),
    );
    dashboard.addWidgets(
      new GraphWidget({ title: 'Oldest message, in seconds', left: queues.map(oldest), width: HALF }),
      new GraphWidget({
        title: 'Errors of functions',
        left: functions.map((name) =>
          hourly('AWS/Lambda', 'Errors', { FunctionName: `cairn-${name}` }, name),
        ),
        width: HALF,
      }),
    );
    dashboard.addWidgets(
      new LogQueryWidget({
        title: 'What jobs said last',
        logGroupNames: [JOB_LOGS],
        queryLines: ['fields @timestamp, @logStream, @message', 'sort @timestamp desc', 'limit 50'],
        width: WIDE,
        height: 10,
      }),
    );
  }
}

function hourly(
  namespace: string,
  metricName: string,
  dimensionsMap: Record<string, string>,
  label: string,
): Metric {
  return new Metric({
    namespace,
    metricName,
    dimensionsMap,
    label,
    statistic: 'Sum',
    period: Duration.hours(1),
  });
}

function oldest(name: string): Metric {
  return new Metric({
    namespace: 'AWS/SQS',
    metricName: 'ApproximateAgeOfOldestMessage',
    dimensionsMap: { QueueName: `cairn-${name}` },
    label: name,
    statistic: 'Maximum',
    period: Duration.minutes(5),
  });
}
