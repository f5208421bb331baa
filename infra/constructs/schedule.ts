import { Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnEventInvokeConfig, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnSchedule, CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { REQUESTS_SOURCE } from '../../adapters/aws/events/sources.ts';
import { REQUEST_SCHEDULE_GROUP, SCHEDULE_GROUP, SCHEDULER_ROLE } from '../names.ts';
import { onBus } from '../permissions/grants.ts';
import { grantTo } from '../permissions/statements.ts';
import { arns } from '../permissions/world.ts';

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

/**
 * Where functions put one-time schedules, each with a request that goes on the bus at its time. A group of their
 * own: who may make those cannot touch the calls of the clock above.
 */
export class RequestSchedules extends Construct {
  constructor(scope: Construct, id: string, props: { deadLetters: IQueue }) {
    super(scope, id);
    new CfnScheduleGroup(this, 'Group', { name: REQUEST_SCHEDULE_GROUP });
    const role = new Role(this, 'Role', {
      roleName: SCHEDULER_ROLE,
      description: 'What one-time schedules put their requests on the bus with',
      assumedBy: schedulesOf(this, REQUEST_SCHEDULE_GROUP),
    });
    const only = onBus([REQUESTS_SOURCE]);
    grantTo(role, [
      { sid: 'Ask', actions: ['events:PutEvents'], resources: [arns(this).bus], conditions: only },
      { sid: 'KeepDead', actions: ['sqs:SendMessage'], resources: [props.deadLetters.queueArn] },
    ]);
  }
}

/** Only schedules of this group, in this account. */
function schedulesOf(scope: Construct, group: string): ServicePrincipal {
  return new ServicePrincipal('scheduler.amazonaws.com', {
    conditions: {
      StringEquals: {
        'aws:SourceAccount': Stack.of(scope).account,
        'aws:SourceArn': arns(scope).arn('scheduler', `schedule-group/${group}`),
      },
    },
  });
}

/** One role per target; only schedules of our group may take it. */
function callerOf(scope: Construct, { name, fn }: Scheduled, deadLetters: IQueue): Role {
  const role = new Role(scope, `${name}Role`, { assumedBy: schedulesOf(scope, SCHEDULE_GROUP) });
  grantTo(role, [
    { sid: 'Call', actions: ['lambda:InvokeFunction'], resources: [fn.functionArn] },
    { sid: 'KeepDead', actions: ['sqs:SendMessage'], resources: [deadLetters.queueArn] },
  ]);
  return role;
}
