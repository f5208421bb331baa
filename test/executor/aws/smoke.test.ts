import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CreateBucketCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { awsClients } from '../../../adapters/aws/clients/clients.ts';
import { type SmokeLine, smoke } from '../../../executor/aws/smoke.ts';
import type { Grant } from '../../../infra/permissions/job-policy.ts';
import { type JobRoleFront, startJobRoleFront } from '../../support/aws/job-role-front.ts';
import { ACCOUNT, CREDENTIALS, type Moto, NO_MOTO, REGION, startMoto } from '../../support/aws/moto.ts';

const TARGET = 'arn:aws:iam::123456789012:role/cairn-target';
const STAGES = ['pr-plan', 'deploy-plan', 'apply', 'verify'] as const;

describe.skipIf(NO_MOTO)(`the smoke job on moto${NO_MOTO ? ` (skipped: ${NO_MOTO})` : ''}`, () => {
  let moto: Moto;
  let registry: Server;
  let home = '';
  const fronts: JobRoleFront[] = [];
  const clients = () => awsClients({ endpoint: moto.endpoint, region: REGION });

  beforeAll(async () => {
    for (const [name, value] of Object.entries(CREDENTIALS)) vi.stubEnv(name, value);
    moto = await startMoto();
    for (const Bucket of ['artifacts', 'states'])
      await clients().s3.send(
        new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: REGION } }),
      );
    home = await mkdtemp(path.join(tmpdir(), 'cairn-smoke-'));
    await mkdir(path.join(home, 'binaries'));
    const terraform = path.join(home, 'binaries/terraform-1.11.4');
    await writeFile(terraform, `#!/bin/sh\necho '{"terraform_version": "1.11.4"}'\n`, { mode: 0o755 });
    await writeFile(path.join(home, 'binaries/order'), 'terraform-1.11.4\n');
    await writeFile(path.join(home, 'binaries/order'), 'terraform-1.11.4\n');
    registry = createServer((_, response) => response.end());
    await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    for (const front of fronts.splice(0)) await front.close();
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await moto?.close();
    registry?.close();
    await rm(home, { recursive: true, force: true });
  });

  let runs = 0;
  async function run(
    stage: (typeof STAGES)[number],
    more: { grants?: Grant[]; externalId?: string | null; env?: Record<string, string> } = {},
  ) {
    const reaches = stage !== 'verify';
    const front = await startJobRoleFront({
      moto: moto.endpoint,
      artifacts: 'artifacts',
      states: 'states',
      place: {
        repository: 'acme/shop',
        environment: 'prod',
        stage,
        targetRole: reaches ? TARGET : null,
        secrets: [],
        secretKeys: [],
        pushTo: [],
      },
      externalId: 'cairn:acme/shop:prod',
      more: more.grants ?? [],
    });
    fronts.push(front);
    vi.stubEnv('AWS_ENDPOINT_URL', front.endpoint);
    const lines: SmokeLine[] = [];
    const question = { id: `smoke-${++runs}`, repository: 'acme/shop', environment: 'prod' };
    const code = await smoke(
      {
        CAIRN_ARTIFACTS: 'artifacts',
        CAIRN_STATES: 'states',
        CAIRN_STAGE: stage,
        CAIRN_SMOKE: JSON.stringify(question),
        AWS_REGION: REGION,
        CAIRN_BINARIES_DIR: path.join(home, 'binaries'),
        CAIRN_JOB_DIR: home,
        CAIRN_WORK_DIR: home,
        CAIRN_SMOKE_REGISTRY: `http://127.0.0.1:${(registry.address() as AddressInfo).port}/`,
        ...(reaches ? { CAIRN_TARGET_ROLE: TARGET } : {}),
        ...(reaches && more.externalId !== null
          ? { CAIRN_EXTERNAL_ID: more.externalId ?? 'cairn:acme/shop:prod' }
          : {}),
        ...more.env,
      },
      (line) => lines.push(line),
    );
    return { code, lines, of: (name: string) => lines.find((line) => line.name === name) };
  }

  /** What a test machine is and a container is not: root, with a root folder that can be written. */
  const MACHINE = ['user', 'root folder'];
  const bad = (lines: SmokeLine[]) =>
    lines.filter(({ name, status }) => status === 'fail' && !MACHINE.includes(name));

  it.each(STAGES)('finds nothing wrong with the role that the stacks make for %s', async (stage) => {
    const { lines, of } = await run(stage);

    expect(bad(lines)).toEqual([]);
    expect(of('terraform')).toMatchObject({ message: 'terraform 1.11.4' });
    expect(lines.filter(({ message }) => message.startsWith('denied, ')).length).toBeGreaterThanOrEqual(6);
  });

  it('takes its state and its lock away again', async () => {
    await run('apply');

    const { Contents = [] } = await clients().s3.send(new ListObjectsV2Command({ Bucket: 'states' }));
    expect(Contents).toEqual([]);
  });

  it.each<[string, Grant, string]>([
    [
      'overwrite',
      {
        sid: 'x',
        actions: ['s3:PutObject'],
        resources: ['arn:aws:s3:::artifacts/jobs/acme/shop/prod/pr-plan/*/out/*'],
      },
      'artifacts: not over it',
    ],
    [
      'order jobs',
      { sid: 'x', actions: ['s3:PutObject'], resources: ['arn:aws:s3:::artifacts/*/order.json'] },
      'artifacts: no order for itself',
    ],
    [
      'write as applies do',
      {
        sid: 'x',
        actions: ['s3:PutObject'],
        resources: ['arn:aws:s3:::artifacts/jobs/acme/shop/prod/apply/*'],
      },
      'artifacts: not as another stage',
    ],
    [
      'list',
      { sid: 'x', actions: ['s3:ListBucket'], resources: ['arn:aws:s3:::artifacts'] },
      'artifacts: no list',
    ],
    [
      'write states',
      { sid: 'x', actions: ['s3:PutObject'], resources: ['arn:aws:s3:::states/*/terraform.tfstate'] },
      'states: no writing',
    ],
    [
      'see the states of others',
      { sid: 'x', actions: ['s3:ListBucket'], resources: ['arn:aws:s3:::states'] },
      'states: no names of others',
    ],
  ])('sees a role of pull requests that may %s', async (_, grant, name) => {
    const { code, of } = await run('pr-plan', { grants: [grant] });

    expect(code).toBe(1);
    expect(of(name)).toMatchObject({ status: 'fail', help: expect.stringContaining('more than it should') });
  });

  it('sees a target role that does not trust it', async () => {
    const refused = await run('deploy-plan', { externalId: 'another' });

    expect(refused.of('target role')).toMatchObject({
      status: 'fail',
      help: expect.stringContaining(`cairn target-role --account ${ACCOUNT} --environment prod`),
    });
  });

  it('sees that nothing outside is reached', async () => {
    const { of } = await run('verify', { env: { CAIRN_SMOKE_REGISTRY: 'http://127.0.0.1:1/' } });

    expect(of('registry')).toMatchObject({ status: 'fail', help: expect.stringContaining('route table') });
  });

  it('says what is missing in an environment of another version', async () => {
    const lines: SmokeLine[] = [];

    const code = await smoke({ CAIRN_JOB: 'smoke' }, (line) => lines.push(line));

    expect(code).toBe(2);
    expect(lines).toEqual([expect.objectContaining({ name: 'environment', status: 'fail' })]);
    expect(lines[0]?.message).toContain('CAIRN_SMOKE');
  });
});
