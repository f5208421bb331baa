import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDatabase } from '../../../adapters/local/database.ts';
import type { JobResult } from '../../../core/jobs/job.ts';
import type { RunDocument } from '../../../core/runs/document.ts';
import { readJson, saveDocument } from '../../../core/runs/store.ts';
import { STEPS } from '../../../core/steps/index.ts';
import { BUILDSPEC } from '../../../executor/aws/buildspec.ts';
import { parseEnvironment } from '../../../executor/aws/environment.ts';
import { createEngine, lambdaTask, TaskFailed, type TaskHandler } from '../../../local/engine/index.ts';
import { loadWorkflows } from '../../../local/workflows.ts';
import { memoryPorts } from '../../support/fakes/index.ts';

const JOB = 'jobs/acme/shop/prod/build/r1/build-1';

interface Definition {
  StartAt: string;
  States: Record<string, unknown>;
}

const fixture = (name: string) =>
  JSON.parse(
    readFileSync(path.join(import.meta.dirname, '../../fixtures/codebuild', `${name}.json`), 'utf8'),
  );

/** The states around `Build`, as they stand in the workflow; where they lead to, it ends. */
function buildPart(): Definition {
  const { States } = loadWorkflows()['deploy'] as Definition;
  const ends = ['NextWave', 'RecordDeployment', 'FailRunWithDocument'];
  const ended = Object.fromEntries(ends.map((name) => [name, { Type: 'Succeed' }]));
  const { Build, ReviewBuild, IsBuilt } = States;
  return { StartAt: 'Build', States: { Build, ReviewBuild, IsBuilt, ...ended } };
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'cairn-codebuild-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the part with CodeBuild answering as `build` does. Answers the last state, its output and the document. */
async function runBuild(build: TaskHandler, result: JobResult | null) {
  const ports = memoryPorts();
  const before = { n: 1, runId: 'r1', build: { job: JOB, outputs: null } } as RunDocument;
  const doc = await saveDocument(ports, before);
  if (result) await ports.artifacts.put(`${JOB}/out/result.json`, JSON.stringify(result));
  const engine = createEngine({
    db: openDatabase(path.join(folder, 'engine.db')),
    workflows: { part: buildPart() },
    tasks: {
      'arn:aws:states:::codebuild:startBuild.sync': build,
      'arn:aws:states:::lambda:invoke': lambdaTask({
        ReviewBuild: (payload: unknown) => STEPS.ReviewBuild.run(payload, ports),
      }),
    },
  });
  engine.resume();
  engine.start('part', 'r1', { next: { is: { doc, build: { definition: 'cairn-build', job: JOB } } } });
  while (engine.describe('part', 'r1')?.status === 'running') {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const execution = engine.describe('part', 'r1');
  const last = engine
    .history('part', 'r1')
    .filter(({ kind }) => kind === 'entered')
    .at(-1);
  await engine.close();
  const output = execution?.output as { next: { is: { doc: string } } };
  return { last: last?.state, output, after: await readJson<RunDocument>(ports, output.next.is.doc) };
}

test('what a build gave becomes variables, and nothing of its detail stays in the state', async () => {
  const asked: unknown[] = [];
  const result: JobResult = {
    version: 1,
    id: 'build-1',
    status: 'ok',
    started: false,
    outputs: { image: 'shop:1' },
  };

  const ran = await runBuild(async (parameters) => {
    asked.push(parameters);
    return fixture('succeeded');
  }, result);

  expect(asked).toEqual([
    {
      ProjectName: 'cairn-build',
      EnvironmentVariablesOverride: [{ Name: 'CAIRN_JOB', Type: 'PLAINTEXT', Value: JOB }],
    },
  ]);
  expect(ran.last).toContain('NextWave');
  expect(ran.after.build?.outputs).toEqual({ image: 'shop:1' });
  expect(JSON.stringify(ran.output)).not.toContain('BuildStatus');
});

test.each([
  [
    'with what it said',
    { error: 'The build (make) ended with code 2.' },
    'The build (make) ended with code 2.',
  ],
  ['also if it left nothing', null, 'The job ended without a result'],
])('a build that failed ends the deploy, %s', async (_how, said, message) => {
  const { Error: name, Cause } = fixture('failed') as { Error: string; Cause: string };
  const failing: TaskHandler = async () => {
    throw new TaskFailed(name, Cause);
  };
  const result =
    said && ({ version: 1, id: 'build-1', status: 'failed', started: false, ...said } as JobResult);

  const ran = await runBuild(failing, result);

  expect(ran.last).toContain('RecordDeployment');
  expect(ran.after).toMatchObject({ outcome: 'failed', failure: { stage: 'build', job: JOB } });
  expect(ran.after.failure?.message).toContain(message);
});

test('the build runs the bundle in folders that its environment knows', () => {
  const env = parseEnvironment({
    ...BUILDSPEC.env.variables,
    CAIRN_ARTIFACTS: 'artifacts',
    CAIRN_STATES: 'states',
    CAIRN_STAGE: 'build',
    CAIRN_JOB: JOB,
    AWS_REGION: 'eu-west-1',
    CODEBUILD_BUILD_ID: 'cairn-build:1',
  });

  expect(BUILDSPEC.phases.build.commands).toEqual(['node "$CODEBUILD_SRC_DIR/fargate.mjs"']);
  expect(env).toMatchObject({ CAIRN_JOB_DIR: '/tmp/cairn/job', CAIRN_WORK_DIR: '/tmp/cairn/work' });
});
