import type { WorkflowName } from '../../core/requests/run.ts';
import type { Stage } from '../names.ts';
import type { Grant } from './job-policy.ts';

/** What a workflow's execution may start. A pull request's can submit no job that applies. */
const WORKFLOW_JOBS: Record<WorkflowName, { stages: readonly Stage[]; queues: readonly string[] }> = {
  plan: { stages: ['pr-plan'], queues: ['cairn-plan'] },
  deploy: { stages: ['deploy-plan', 'apply', 'verify'], queues: ['cairn-plan', 'cairn-apply'] },
  ephemeral: { stages: ['deploy-plan', 'apply', 'verify'], queues: ['cairn-plan', 'cairn-apply'] },
  destroy: { stages: ['deploy-plan', 'apply'], queues: ['cairn-plan', 'cairn-apply'] },
  extend: { stages: [], queues: [] },
  run: { stages: ['deploy-plan', 'apply'], queues: ['cairn-plan', 'cairn-apply'] },
  drift: { stages: ['deploy-plan'], queues: ['cairn-plan'] },
};

export interface WorkflowWorld {
  /** `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE` in this account and region. */
  arn(service: string, resource: string): string;
  /** ARN of a function, by its name in the steps table. */
  functionArn(name: string): string;
}

/** The integrations of a definition, inner states included: `lambda:invoke`, `batch:submitJob.sync`, … */
function integrations(definition: string): string[] {
  const found = [...definition.matchAll(/"Resource":\s*"arn:aws:states:::([^"]+)"/g)].map(
    ([, name]) => name!,
  );
  return [...new Set(found)].sort();
}

/** Names that a definition leaves open, `${ClaimRun}` for one. */
export function placeholders(definition: string): string[] {
  return [...new Set([...definition.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name!))].sort();
}

/** All that the executions of a workflow may do: what its states ask for, on what it runs with. */
export function workflowGrants(workflow: WorkflowName, definition: string, world: WorkflowWorld): Grant[] {
  const jobs = WORKFLOW_JOBS[workflow];
  return integrations(definition)
    .flatMap((integration): Grant[] => {
      switch (integration) {
        case 'lambda:invoke':
        case 'lambda:invoke.waitForTaskToken':
          return [invoke(definition, world)];
        case 'batch:submitJob.sync':
          return batch(jobs, world);
        case 'codebuild:startBuild.sync':
          return build(world);
        default:
          throw new Error(`${workflow}: nobody has said which permissions ${integration} needs`);
      }
    })
    .filter((grant, index, all) => all.findIndex(({ sid }) => sid === grant.sid) === index);
}

function invoke(definition: string, world: WorkflowWorld): Grant {
  const functions = placeholders(definition).map(world.functionArn);
  return { sid: 'InvokeSteps', actions: ['lambda:InvokeFunction'], resources: functions };
}

function batch(jobs: { stages: readonly Stage[]; queues: readonly string[] }, world: WorkflowWorld): Grant[] {
  return [
    {
      sid: 'SubmitJobs',
      actions: ['batch:SubmitJob'],
      resources: [
        ...jobs.stages.map((stage) => world.arn('batch', `job-definition/cairn-*-${stage}-*`)),
        ...jobs.queues.map((queue) => world.arn('batch', `job-queue/${queue}`)),
      ],
    },
    // Ids of jobs are random.
    { sid: 'TerminateJobs', actions: ['batch:TerminateJob'], resources: [world.arn('batch', 'job/*')] },
    {
      sid: 'DescribeJobs',
      actions: ['batch:DescribeJobs'],
      resources: ['*'],
      unscoped: 'IAM knows no resource for batch:DescribeJobs',
    },
    waitingFor('Batch', world),
  ];
}

function build(world: WorkflowWorld): Grant[] {
  return [
    {
      sid: 'RunBuilds',
      actions: ['codebuild:BatchGetBuilds', 'codebuild:StartBuild', 'codebuild:StopBuild'],
      resources: [world.arn('codebuild', 'project/cairn-*-build-*')],
    },
    waitingFor('CodeBuild', world),
  ];
}

/** `.sync`: Step Functions keeps a rule of its own that tells it when a job has ended. */
function waitingFor(service: 'Batch' | 'CodeBuild', world: WorkflowWorld): Grant {
  const rule = service === 'Batch' ? 'BatchJobsRule' : 'CodeBuildRule';
  return {
    sid: `WaitFor${service}`,
    actions: ['events:DescribeRule', 'events:PutRule', 'events:PutTargets'],
    resources: [world.arn('events', `rule/StepFunctionsGetEventsFor${rule}`)],
  };
}
