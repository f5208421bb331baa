import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { queueName } from '../../core/jobs/names.ts';
import { WORKFLOWS, type WorkflowName } from '../../core/requests/run.ts';
import { CONTAINER } from '../../infra/constructs/job-definition.ts';
import type { Machine } from '../../local/engine/definition.ts';
import { lintWorkflow } from '../support/asl-lint.ts';
import { allStates, leaves } from '../support/asl-walk.ts';
import { RUNS, type RunName, transitionsOf } from './asl-transitions.ts';
import { type Installation, installation } from './permissions-of.ts';

let it: Installation;
beforeAll(async () => {
  it = await installation('full');
}, 240_000);

function machineOf(workflow: WorkflowName) {
  const { properties } = it.one('AWS::StepFunctions::StateMachine', 'StateMachineName', `cairn-${workflow}`);
  return {
    ...properties,
    text: properties['DefinitionString'] as string,
    definition: JSON.parse(properties['DefinitionString'] as string) as Machine,
    substitutions: properties['DefinitionSubstitutions'] as Record<string, string>,
  };
}

/** Seconds that a build of an environment may wait for a place and take. */
function longestBuild(): number {
  const [build] = it.ofType('AWS::CodeBuild::Project').filter(({ stack }) => stack.startsWith('CairnJobs'));
  const minutes = ['TimeoutInMinutes', 'QueuedTimeoutInMinutes'].map((name) =>
    Number(build?.properties[name]),
  );
  return ((minutes[0] ?? 0) + (minutes[1] ?? 0)) * 60;
}

describe.each(WORKFLOWS)('state machine %s', (workflow) => {
  test('is the file that the other engine runs', () => {
    const file = readFileSync(new URL(`../../workflows/${workflow}.asl.json`, import.meta.url), 'utf8');

    expect(machineOf(workflow).definition).toEqual(JSON.parse(file));
  });

  test('has a substitution for each placeholder, and no other', () => {
    const { text, substitutions } = machineOf(workflow);

    const placeholders = new Set([...text.matchAll(/\$\{([^}]*)\}/g)].map(([, name]) => name));

    expect(Object.keys(substitutions).sort()).toEqual([...placeholders].sort());
  });

  test('calls functions that are there', () => {
    const functions = it
      .ofType('AWS::Lambda::Function')
      .map(({ properties }) => it.arn('lambda', `function:${properties['FunctionName']}`));

    const called = Object.values(machineOf(workflow).substitutions);

    expect(called.filter((arn) => !functions.includes(arn))).toEqual([]);
  });

  test('lies in the subset once it is substituted', () => {
    const { text, substitutions } = machineOf(workflow);

    const whole = text.replace(/\$\{(\w+)\}/g, (_, name: string) => substitutions[name] ?? name);

    expect(lintWorkflow(JSON.parse(whole))).toEqual([]);
  });

  test('names the container and the variable that job definitions have', () => {
    const batch = allStates(machineOf(workflow).definition).filter(({ state }) =>
      state.Resource?.includes(':batch:'),
    );
    const containers = it
      .ofType('AWS::Batch::JobDefinition')
      .map(({ properties }) => JSON.stringify(properties))
      .filter((text) => !text.includes(`"Name":"${CONTAINER}"`));

    expect(batch.length > 0).toBe(workflow !== 'extend');
    expect(containers).toEqual([]);
    for (const { state } of batch) {
      const names = leaves(state.Parameters).filter(({ key }) => key === 'Name');
      expect(names.map(({ value }) => value)).toEqual([CONTAINER, 'CAIRN_JOB']);
    }
  });

  test('waits longer for a job than the job may take', () => {
    const attempts = it.ofType('AWS::Batch::JobDefinition').map(({ properties }) => ({
      name: String(properties['JobDefinitionName']),
      seconds: (properties['Timeout'] as { AttemptDurationSeconds: number }).AttemptDurationSeconds,
    }));
    const longest = (stage: string) =>
      Math.max(...attempts.filter(({ name }) => name.includes(`-${stage}-`)).map(({ seconds }) => seconds));
    const waits = Object.fromEntries(
      allStates(machineOf(workflow).definition).map(({ name, state }) => [name, state.TimeoutSeconds ?? 0]),
    );

    const longer: Record<string, number> = {
      PlanProject: Math.max(longest('pr-plan'), longest('deploy-plan')),
      ListProject: longest('deploy-plan'),
      // One that writes runs as an apply.
      RunCommand: longest('apply'),
      ApplyProject: longest('apply'),
      Verify: longest('verify'),
      Build: longestBuild(),
    };
    const jobs = allStates(machineOf(workflow).definition).filter(({ state }) =>
      /:(batch|codebuild):/.test(state.Resource ?? ''),
    );
    for (const { name } of jobs) expect(waits[name], name).toBeGreaterThan(longer[name] ?? Number.NaN);
  });

  test('waits as long for a step as the function may take', () => {
    const { definition } = machineOf(workflow);
    const timeouts = new Map(
      it
        .ofType('AWS::Lambda::Function')
        .map(({ properties }) => [properties['FunctionName'], properties['Timeout']]),
    );

    const short = allStates(definition).filter(({ state }) => {
      const name = (state.Parameters as { FunctionName?: string } | undefined)?.FunctionName;
      if (!name || state.TimeoutSeconds === undefined) return false;
      return state.TimeoutSeconds < Number(timeouts.get(name.replace(/\$\{(\w+)\}/, 'cairn-$1')));
    });

    expect(short.map(({ name }) => name)).toEqual([]);
  });

  test('is traced, and logs every step without what it carries', () => {
    const machine = machineOf(workflow) as Record<string, unknown>;

    expect(machine['TracingConfiguration']).toEqual({ Enabled: true });
    expect(machine['LoggingConfiguration']).toMatchObject({ Level: 'ALL', IncludeExecutionData: false });
  });
});

test('job queues are those that orders name', () => {
  const names = it.ofType('AWS::Batch::JobQueue').map(({ properties }) => properties['JobQueueName']);

  expect(names.sort()).toEqual([queueName('apply'), queueName('plan')]);
});

/** docs/cost.md and infra/cost/ reckon with these. A change here is a change of what a run costs. */
const TRANSITIONS: Record<RunName, number> = {
  'plan of 1 project': 9,
  'plan of 10 projects': 18,
  'deploy of 1 project, with approval': 31,
  'deploy that fails and is rolled back': 46,
  'ephemeral environment of 1 project, made': 26,
  'ephemeral environment of 1 project, gone': 25,
  'drift check of 1 project': 11,
  'terraform command that reads': 12,
};

test.each(Object.keys(RUNS) as RunName[])('state transitions: %s', async (name) => {
  const transitions = await transitionsOf(name);

  expect(transitions).toBe(TRANSITIONS[name]);
});
