import { BatchGetBuildsCommand, ListBuildsForProjectCommand } from '@aws-sdk/client-codebuild';
import { GetScheduleCommand } from '@aws-sdk/client-scheduler';
import { ListExecutionsCommand } from '@aws-sdk/client-sfn';
import { GetQueueAttributesCommand, GetQueueUrlCommand } from '@aws-sdk/client-sqs';
import { WORKFLOWS, type WorkflowName } from '../../core/requests/run.ts';
import type { InfraConfig } from '../../infra/config/config.ts';
import { logGroupName, SCHEDULE_GROUP } from '../../infra/names.ts';
import { scheduledFunctions } from '../../infra/scheduled.ts';
import type { Finding } from '../findings.ts';
import { type OperatorClients, reasonOf } from './clients.ts';
import { findLine } from './logs.ts';

/** CodeBuild makes both images when the stacks are deployed. */
export function checkBuilds(clients: OperatorClients): Promise<Finding[]> {
  return Promise.all(
    ['cairn-image-executor', 'cairn-image-lambda'].map((project) =>
      attempt(project, async () => {
        const { ids = [] } = await clients.builds.send(
          new ListBuildsForProjectCommand({ projectName: project, sortOrder: 'DESCENDING' }),
        );
        const [newest] = ids;
        if (!newest) {
          const help =
            'The image may be of an installation before this one. `cairn aws deploy` builds what is not there.';
          return { status: 'warn', message: 'Nothing was built here yet.', help };
        }
        const { builds = [] } = await clients.builds.send(new BatchGetBuildsCommand({ ids: [newest] }));
        const { buildStatus = 'gone', endTime } = builds[0] ?? {};
        const message = `${buildStatus}${endTime ? ` (${endTime.toISOString()})` : ''}`;
        if (buildStatus === 'SUCCEEDED') return { status: 'ok', message };
        return {
          status: 'fail',
          message,
          help: 'The log group /cairn/images says why; then `cairn aws deploy`.',
        };
      }),
    ),
  );
}

/** Calls that may be missed before nobody is said to call. */
const HEARTBEATS = 3;

/** What Scheduler calls by the clock; each call leaves lines in a log. */
export function checkSchedules(clients: OperatorClients, now: number): Promise<Finding[]> {
  return Promise.all(
    scheduledFunctions().map(({ name, minutes }) =>
      attempt(name, async () => {
        const within = HEARTBEATS * minutes;
        const { State } = await clients.scheduler.send(
          new GetScheduleCommand({ GroupName: SCHEDULE_GROUP, Name: name }),
        );
        if (State !== 'ENABLED') {
          const help = `Enable ${name} in the schedule group ${SCHEDULE_GROUP}.`;
          return { status: 'fail', message: `The schedule is ${State}.`, help };
        }
        const line = await findLine(clients, logGroupName(name), now - within * 60_000, null);
        if (line) return { status: 'ok', message: `called ${Math.round((now - line.at) / 1000)} s ago` };
        const help = `Right after a first deployment wait ${minutes} minutes. Else: does the queue cairn-schedules-dead hold calls? Their attributes say why.`;
        return { status: 'fail', message: `Nobody called it within ${within} minutes.`, help };
      }),
    ),
  );
}

/** What was given up lies there. */
export function checkQueues({ slack }: InfraConfig, { sqs }: OperatorClients): Promise<Finding[]> {
  const names = ['requests', 'ended', 'github', ...(slack ? ['slack'] : []), 'schedules'];
  return Promise.all(
    names.map((queue) => {
      const name = `cairn-${queue}-dead`;
      return attempt(name, async () => {
        const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: name }));
        const { Attributes = {} } = await sqs.send(
          new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessages'] }),
        );
        const count = Number(Attributes['ApproximateNumberOfMessages'] ?? 0);
        if (count === 0) return { status: 'ok', message: 'empty' };
        const message = `${count} dead letter${count === 1 ? '' : 's'}`;
        return { status: 'warn', message, help: 'docs/operations.md#alarm-dead-letters says what to do.' };
      });
    }),
  );
}

/** What each installation runs sooner or later, and how to see it; who has no use for the others never runs them. */
const RUNS_FIRST: Partial<Record<WorkflowName, string>> = {
  plan: 'Open a pull request, then look again.',
  deploy: 'Merge one, then look again.',
};

/** Whether the bus has ever started an execution; one that nobody asked for is not started for this. */
export function checkRuns(account: string, { states, region }: OperatorClients): Promise<Finding[]> {
  return Promise.all(
    WORKFLOWS.map((workflow) =>
      attempt(`workflow ${workflow}`, async () => {
        const stateMachineArn = `arn:${partitionOf(region)}:states:${region}:${account}:stateMachine:cairn-${workflow}`;
        const { executions = [] } = await states.send(
          new ListExecutionsCommand({ stateMachineArn, maxResults: 10 }),
        );
        const [newest] = executions;
        if (!newest) {
          const help = RUNS_FIRST[workflow];
          if (help === undefined) return { status: 'ok', message: 'nobody has asked for it yet' };
          return {
            status: 'warn',
            message: 'Nothing has run yet: that the bus starts it is not proven.',
            help,
          };
        }
        const died = executions.filter(({ status }) => status === 'FAILED' || status === 'TIMED_OUT').length;
        const message = `the newest (${newest.name}) is ${newest.status}; ${died} of the last ${executions.length} died`;
        if (died === 0) return { status: 'ok', message };
        return { status: 'warn', message, help: 'docs/operations.md#alarm-failed-runs says what to do.' };
      }),
    ),
  );
}

export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

async function attempt(name: string, look: () => Promise<Omit<Finding, 'name'>>): Promise<Finding> {
  try {
    return { name, ...(await look()) };
  } catch (error) {
    const help = 'Is it there? `cairn aws deploy` makes it. May you read it?';
    return { name, status: 'fail', message: reasonOf(error), help };
  }
}
