import { Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnEventInvokeConfig, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnSchedule, CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { SCHEDULE_GROUP } from '../names.ts';
import { grantTo } from '../permissions/statements.ts';

interface Scheduled {
  /** As in lambdas/functions.ts. */
  name: string;
  fn: IFunction;
  minutes: number;
  input: Record<string, unknown>;
}

/** What the clock calls. Each call is one of many: what fails is tried again by the next, and seen in the dead letters. */
export class Schedules extends Construct {
  constructor(scope: Construct, id: string, props: { scheduled: Scheduled[]; deadLetters: IQueue }) {
    super(scope, id);
    const group = new CfnScheduleGroup(this, 'Group', { name: SCHEDULE_GROUP });
    for (const scheduled of props.scheduled) {
      const { name, fn, minutes, input } = scheduled;
      const role = callerOf(this, scheduled, props.deadLetters);
      new CfnSchedule(this, name, {
        name: `cairn-${name}`,
        groupName: group.ref,
        description: `Calls ${name} every ${minutes} minutes.`,
        scheduleExpression: `rate(${minutes} minutes)`,
        flexibleTimeWindow: { mode: 'OFF' },
        target: {
          arn: fn.functionArn,
          roleArn: role.roleArn,
          input: JSON.stringify(input),
          retryPolicy: { maximumRetryAttempts: 2, maximumEventAgeInSeconds: minutes * 60 },
          deadLetterConfig: { arn: props.deadLetters.queueArn },
        },
      });
      // Scheduler hands the call over and is done; whether the function failed is Lambda's to see.
      new CfnEventInvokeConfig(this, `${name}Calls`, {
        functionName: fn.functionName,
        qualifier: '$LATEST',
        maximumRetryAttempts: 0,
        maximumEventAgeInSeconds: minutes * 60,
        destinationConfig: { onFailure: { destination: props.deadLetters.queueArn } },
      });
    }
  }
}

/** One role per target; only schedules of our group may take it. */
function callerOf(scope: Construct, { name, fn }: Scheduled, deadLetters: IQueue): Role {
  const { partition, account, region } = Stack.of(scope);
  const role = new Role(scope, `${name}Role`, {
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
      conditions: {
        StringEquals: {
          'aws:SourceAccount': account,
          'aws:SourceArn': `arn:${partition}:scheduler:${region}:${account}:schedule-group/${SCHEDULE_GROUP}`,
        },
      },
    }),
  });
  grantTo(role, [
    { sid: 'Call', actions: ['lambda:InvokeFunction'], resources: [fn.functionArn] },
    { sid: 'KeepDead', actions: ['sqs:SendMessage'], resources: [deadLetters.queueArn] },
  ]);
  return role;
}
