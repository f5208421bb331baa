import { CreateBucketCommand, DeleteObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { PlanJob } from '../../core/jobs/job.ts';
import { STAGES, type Stage } from '../../infra/names.ts';
import { jobGrants } from '../../infra/permissions/job-policy.ts';
import type { Call } from '../executor/aws/proxy.ts';
import {
  ARTIFACTS,
  applyOf,
  backendExtra,
  type Cloud,
  createCloud,
  emptied,
  orderOf,
  planOf,
  run,
  STATES,
} from '../executor/aws/support.ts';
import { NO_MOTO, REGION } from '../support/aws/moto.ts';
import { asksOf, rightsOf, usedBy } from './permissions-requests.ts';
import { type Ask, allowed } from './permissions-simulator.ts';

/**
 * The executor and terraform at work, each request of theirs let through or refused by the policy of the job's
 * role. What was asked is written down: what a role has and no job ever needed fails as well.
 */
const ROOT = {
  'main.tf': 'variable "size" { default = "small" }\nresource "terraform_data" "app" { input = var.size }\n',
};

const WORLD = {
  artifacts: `arn:aws:s3:::${ARTIFACTS}`,
  states: `arn:aws:s3:::${STATES}`,
  key: 'arn:aws:kms:eu-west-1:123456789012:key/k',
  region: REGION,
};

/** Bucket of a root that has a backend of its own. */
const OWN = 'own-states';

/** What jobs of a stage have made use of. */
const used = new Map(STAGES.map((stage) => [stage, new Set<string>()]));

describe.skipIf(NO_MOTO)(
  `jobs under their policies, on moto${NO_MOTO ? ` (skipped: ${NO_MOTO})` : ''}`,
  () => {
    let cloud: Cloud;
    let refused: Ask[] = [];

    beforeAll(async () => {
      cloud = await createCloud();
      await cloud.s3.send(
        new CreateBucketCommand({ Bucket: OWN, CreateBucketConfiguration: { LocationConstraint: REGION } }),
      );
    });
    afterAll(() => cloud?.end());
    beforeEach(async () => {
      await emptied(cloud);
      await cloud.s3.send(new DeleteObjectCommand({ Bucket: OWN, Key: 'state' }));
      refused = [];
    });
    afterEach(() => {
      expect(refused).toEqual([]);
    });

    /** From now on the cloud lets through what a job of this stage may do. */
    function as(stage: Stage): void {
      const rights = rightsOfStage(stage);
      cloud.proxy.refuse = (call) => {
        const asks = asksOf(call);
        const denied = asks.filter((ask) => !allowed([...rights.values()], ask));
        refused.push(...denied);
        for (const ask of asks) for (const right of usedBy(ask, rights)) used.get(stage)?.add(right);
        return denied.length > 0;
      };
    }

    test('a plan of a pull request', async () => {
      await seedState(cloud);
      as('pr-plan');

      const planned = await run(cloud, planOf(1, {}, { stage: 'pr-plan' }), ROOT);

      expect(planned.result).toMatchObject({ status: 'ok' });
    }, 60_000);

    test('a plan and an apply of a deployment, the first and one that comes after', async () => {
      for (const n of [1, 2]) {
        as('deploy-plan');
        const planned = await run(cloud, planOf(n), { 'main.tf': `${ROOT['main.tf']}# ${n}\n` });
        as('apply');
        const applied = await run(cloud, applyOf(n, planned), { 'main.tf': `${ROOT['main.tf']}# ${n}\n` });

        expect(planned.result).toMatchObject({ status: 'ok' });
        expect(applied.result).toMatchObject({ status: 'ok', started: true });
      }
    }, 60_000);

    test('an apply of a named workspace, and one after its project was renamed', async () => {
      const planned = planOf(1).job;
      const project = {
        ...(planned.kind === 'plan' ? planned.project : null),
        workspace: 'blue',
      } as PlanJob['project'];
      as('deploy-plan');
      const first = await run(cloud, planOf(1, {}, { project }), ROOT);
      as('apply');
      await run(cloud, applyOf(1, first), ROOT);
      const state = { key: 'acme/infra/prod/renamed', write: false, former: 'acme/infra/prod/app' };

      as('deploy-plan');
      const second = await run(cloud, planOf(2, { state }, { project }), ROOT);
      as('apply');
      const applied = await run(cloud, applyOf(2, second), ROOT);

      expect(applied.result).toMatchObject({ status: 'ok' });
      const moved = 'acme/infra/prod/renamed';
      expect(await cloud.keys(STATES)).toEqual([`${moved}/workspaces/blue/${moved}/terraform.tfstate`]);
    }, 60_000);

    test.each([
      { of: 'kept', by: 'deploy-plan' },
      { of: 'kept', by: 'apply' },
      { of: 'own', by: 'deploy-plan' },
      { of: 'own', by: 'apply' },
    ] as const)(
      'a state ($of) that could not be written is pushed by the next $by',
      async ({ of, by }) => {
        const [root, change, job] =
          of === 'kept'
            ? [ROOT, {}, {}]
            : [
                { 'main.tf': `${ownBackend(cloud.proxy.endpoint)}${ROOT['main.tf']}` },
                { state: null },
                ownState(),
              ];
        as('deploy-plan');
        const planned = await run(cloud, planOf(1, change, job), root);
        as('apply');
        const under = cloud.proxy.refuse;
        cloud.proxy.refuse = (call) => isState(call) || under(call);
        const applied = await run(cloud, applyOf(1, planned), root);
        as(by);
        const next =
          by === 'apply'
            ? await run(cloud, applyOf(2, planned), root)
            : await run(cloud, planOf(2, change, job), root);

        const [bucket, key] =
          of === 'kept' ? [STATES, 'acme/infra/prod/app/terraform.tfstate'] : [OWN, 'state'];
        expect(applied.result).toMatchObject({ status: 'failed', started: true });
        expect(await cloud.keys(STATES)).toEqual(of === 'kept' ? [key] : []);
        expect(JSON.parse((await cloud.text(bucket, key)) ?? '{}').resources).toHaveLength(1);
        // The plan of before does not fit the state any more; a new one has nothing to do.
        expect(next.result).toMatchObject(
          by === 'apply' ? { status: 'failed' } : { status: 'ok', empty: true },
        );
      },
      60_000,
    );

    test('an apply that is submitted twice is done once', async () => {
      as('deploy-plan');
      const order = applyOf(1, await run(cloud, planOf(1), ROOT));
      as('apply');

      const first = await run(cloud, order, ROOT);
      const second = await run(cloud, order, ROOT);

      expect([first.code, second.code]).toEqual([0, 0]);
      expect(second.output).toContain('Another job runs this order');
    }, 60_000);

    test('an apply whose state no bucket takes leaves it among its own files', async () => {
      as('deploy-plan');
      const planned = await run(cloud, planOf(1), ROOT);
      as('apply');
      const under = cloud.proxy.refuse;
      const lost = ({ method, url }: Call) =>
        method === 'PUT' && url.startsWith(`/${STATES}/`) && !url.includes('.tflock');
      cloud.proxy.refuse = (call) => lost(call) || under(call);

      const { order } = await run(cloud, applyOf(1, planned), ROOT);

      expect(await cloud.tags(ARTIFACTS, `${order.prefix}/out/errored.tfstate`)).toEqual({ cairn: 'plan' });
    }, 60_000);

    test('a check and a build', async () => {
      for (const stage of ['verify', 'build'] as const) {
        as(stage);
        const ran = await run(cloud, commandOrder(stage), ROOT, { CODEBUILD_BUILD_ID: 'b:1' });

        expect(ran.result).toMatchObject({ status: 'ok' });
      }
    }, 60_000);

    test.each(STAGES)('every right of S3 that %s has is used by some of its jobs', (stage) => {
      const rights = [...rightsOfStage(stage).keys()].filter((right) => right.startsWith('s3:'));

      expect([...(used.get(stage) ?? [])].sort()).toEqual(rights.sort());
    });
  },
);

function rightsOfStage(stage: Stage) {
  const place = {
    repository: 'acme/infra',
    environment: 'prod',
    stage,
    targetRole: null,
    secrets: [],
    secretKeys: [],
    pushTo: [],
  };
  return rightsOf(jobGrants(place, WORLD));
}

/** What terraform writes when an apply has changed something. */
function isState({ method, url }: Call): boolean {
  return method === 'PUT' && (url.startsWith(`/${OWN}/`) || /\/terraform\.tfstate\?/.test(url));
}

async function seedState(cloud: Cloud): Promise<void> {
  const state = {
    version: 4,
    terraform_version: '1.11.4',
    serial: 1,
    lineage: 'l',
    outputs: {},
    resources: [],
  };
  await cloud.put(STATES, 'acme/infra/prod/app/terraform.tfstate', JSON.stringify(state));
}

function commandOrder(stage: 'verify' | 'build') {
  const common = {
    version: 1 as const,
    id: `${stage}-1`,
    runId: 'run-1',
    repository: 'acme/infra',
    environment: 'prod',
    timeout: 60,
    secrets: [],
  };
  const command = [process.execPath, '-e', ''];
  return stage === 'build'
    ? orderOf({ ...common, kind: 'build', command, dir: '.', variables: {} }, stage, { state: null })
    : orderOf(
        {
          ...common,
          kind: 'verify',
          check: { kind: 'command', command, dir: '.' },
          attempts: 1,
          interval: 0,
        },
        stage,
        { state: null },
      );
}

function ownState(): { project: PlanJob['project'] } {
  const { job } = planOf(1);
  if (job.kind !== 'plan') throw new Error('not a plan');
  return { project: { ...job.project, state: { kind: 'own' } } };
}

function ownBackend(endpoint: string): string {
  const { endpoints: _, ...settings } = JSON.parse(backendExtra(endpoint)) as Record<string, unknown>;
  const lines = Object.entries({ bucket: OWN, key: 'state', region: REGION, ...settings }).map(
    ([name, value]) => `    ${name} = ${JSON.stringify(value)}\n`,
  );
  const backend = `backend "s3" {\n${lines.join('')}    endpoints = { s3 = "${endpoint}" }\n  }`;
  return `terraform {\n  ${backend}\n}\n`;
}
