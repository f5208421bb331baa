import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { definitionName, type Stage } from '../../core/jobs/names.ts';
import { WORKFLOWS, type WorkflowName } from '../../core/requests/run.ts';
import { actionsOf, type Installation, installation, statementsOf } from './permissions-of.ts';
import { type Ask, allowed } from './permissions-simulator.ts';

let it: Installation;
beforeAll(async () => {
  it = await installation('full');
}, 240_000);

/** What the developer guide of Step Functions asks for, by integration. */
const NEEDED: Record<string, string[]> = {
  'lambda:invoke': ['lambda:InvokeFunction'],
  'lambda:invoke.waitForTaskToken': ['lambda:InvokeFunction'],
  'batch:submitJob.sync': [
    'batch:DescribeJobs',
    'batch:SubmitJob',
    'batch:TerminateJob',
    'events:DescribeRule',
    'events:PutRule',
    'events:PutTargets',
  ],
  'codebuild:startBuild.sync': [
    'codebuild:BatchGetBuilds',
    'codebuild:StartBuild',
    'codebuild:StopBuild',
    'events:DescribeRule',
    'events:PutRule',
    'events:PutTargets',
  ],
};

/** Logging and X-Ray, which have no resources. */
const RUNNING = [
  'logs:CreateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:DescribeLogGroups',
  'logs:DescribeResourcePolicies',
  'logs:GetLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:UpdateLogDelivery',
  'xray:GetSamplingRules',
  'xray:GetSamplingTargets',
  'xray:PutTelemetryRecords',
  'xray:PutTraceSegments',
];

function source(workflow: WorkflowName): string {
  return readFileSync(new URL(`../../workflows/${workflow}.asl.json`, import.meta.url), 'utf8');
}

function policyOf(workflow: WorkflowName) {
  const machine = it.one('AWS::StepFunctions::StateMachine', 'StateMachineName', `cairn-${workflow}`);
  return it.policyOf(machine.properties['RoleArn']);
}

function may(
  workflow: WorkflowName,
  action: string,
  resource: string,
  context: Ask['context'] = {},
): boolean {
  return allowed(policyOf(workflow), { action, resource, context });
}

describe.each(WORKFLOWS)('workflow %s', (workflow) => {
  test('may do exactly what its states ask for', () => {
    const asked = [...source(workflow).matchAll(/arn:aws:states:::([\w:.]+)/g)].map(([, name]) => name ?? '');

    const granted = actionsOf(policyOf(workflow));

    const needed = asked.flatMap((name) => NEEDED[name] ?? [`unknown: ${name}`]);
    expect(granted).toEqual([...new Set([...needed, ...RUNNING])].sort());
  });

  test('calls the functions that it names, and no other', () => {
    const named = new Set([...source(workflow).matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name ?? ''));
    const functions = it
      .ofType('AWS::Lambda::Function')
      .filter(({ stack }) => stack === 'CairnPipeline')
      .map(({ properties }) => String(properties['FunctionName']));

    const callable = functions.filter((name) =>
      may(workflow, 'lambda:InvokeFunction', it.arn('lambda', `function:${name}`)),
    );

    expect(callable.sort()).toEqual([...named].map((name) => `cairn-${name}`).sort());
  });

  test('does it on named resources, but for what IAM cannot scope', () => {
    const everywhere = policyOf(workflow).filter(({ Resource }) => Resource.includes('*'));

    const jobs = source(workflow).includes(':batch:') ? ['batch:DescribeJobs'] : [];
    expect(actionsOf(everywhere)).toEqual([...jobs, ...RUNNING].sort());
  });

  test('works in a role that only this machine can take', () => {
    const machine = it.one('AWS::StepFunctions::StateMachine', 'StateMachineName', `cairn-${workflow}`);
    const id = String(machine.properties['RoleArn']).split('/').at(-1);
    const role = it.ofType('AWS::IAM::Role').find((one) => one.id === id);

    expect(statementsOf(role?.properties['AssumeRolePolicyDocument'])).toMatchObject([
      {
        Principal: { Service: 'states.amazonaws.com' },
        Condition: {
          StringEquals: { 'aws:SourceAccount': '123456789012' },
          ArnLike: { 'aws:SourceArn': it.arn('states', `stateMachine:cairn-${workflow}`) },
        },
      },
    ]);
  });

  test('keeps the rules that tell it of an end, and none else', () => {
    const rules = [
      'StepFunctionsGetEventsForBatchJobsRule',
      'StepFunctionsGetEventsForCodeBuildRule',
      'cairn-died',
    ];

    const writable = rules.filter((rule) =>
      may(workflow, 'events:PutRule', it.arn('events', `rule/${rule}`)),
    );

    const waits = [':batch:', ':codebuild:'].map((service) => source(workflow).includes(service));
    expect(writable).toEqual(rules.filter((_, index) => waits[index]));
  });
});

describe('jobs', () => {
  const STAGES: Stage[] = ['pr-plan', 'deploy-plan', 'apply', 'verify'];
  const definition = (stage: Stage) =>
    it.arn(
      'batch',
      `job-definition/${definitionName({ repository: 'acme/infra', environment: 'prod', stage }, 'standard')}:3`,
    );
  const submits = (workflow: WorkflowName) =>
    STAGES.filter((stage) => may(workflow, 'batch:SubmitJob', definition(stage)));
  const queues = (workflow: WorkflowName) =>
    ['plan', 'apply'].filter((queue) =>
      may(workflow, 'batch:SubmitJob', it.arn('batch', `job-queue/cairn-${queue}`)),
    );

  test('a pull request’s run can submit nothing but plans of pull requests', () => {
    expect(submits('plan')).toEqual(['pr-plan']);
    expect(queues('plan')).toEqual(['plan']);
    expect(
      may('plan', 'codebuild:StartBuild', it.arn('codebuild', 'project/cairn-acme-infra-prod-build-1')),
    ).toBe(false);
  });

  test.each<[WorkflowName, Stage[], string[]]>([
    ['deploy', ['deploy-plan', 'apply', 'verify'], ['plan', 'apply']],
    ['ephemeral', ['deploy-plan', 'apply', 'verify'], ['plan', 'apply']],
    ['destroy', ['deploy-plan', 'apply'], ['plan', 'apply']],
    ['run', ['deploy-plan', 'apply'], ['plan', 'apply']],
    ['drift', ['deploy-plan'], ['plan']],
    ['extend', [], []],
  ])('a run of %s can submit %s', (workflow, stages, places) => {
    expect(submits(workflow)).toEqual(stages);
    expect(queues(workflow)).toEqual(places);
  });

  test('builds are run where something is deployed, and only ours', () => {
    const identity = { repository: 'acme/infra', environment: 'prod', stage: 'build' as const };
    const project = it.arn('codebuild', `project/${definitionName(identity, '')}`);
    const other = it.arn('codebuild', 'project/somebody-elses');

    expect(WORKFLOWS.filter((name) => may(name, 'codebuild:StartBuild', project))).toEqual([
      'deploy',
      'ephemeral',
    ]);
    expect(WORKFLOWS.filter((name) => may(name, 'codebuild:StartBuild', other))).toEqual([]);
    expect(may('deploy', 'batch:SubmitJob', it.arn('batch', 'job-definition/other:1'))).toBe(false);
  });
});
