import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { PlanJob, TerraformJob } from '../../core/jobs/job.ts';
import { planDigest } from '../../core/plans/digest.ts';
import { CREDENTIALS, type Moto, NO_MOTO, REGION, startMoto } from '../support/aws/moto.ts';
import {
  applyJob,
  type Bench,
  changesOf,
  commandJob,
  createBench,
  HASH_KEY,
  out,
  planInputs,
  planJob,
  prepare,
  type Ran,
  run,
} from './support.ts';

/** Roots with a backend of their own, in workspaces and under keys of ephemeral environments. */
const BUCKET = 'states-of-theirs';
const OF = 'eph-change';

function root(body = 'resource "terraform_data" "app" { input = terraform.workspace }'): string {
  return `
terraform {
  backend "s3" {
    bucket                      = "${BUCKET}"
    key                         = "app.tfstate"
    region                      = "${REGION}"
    endpoints                   = { s3 = "${moto.endpoint}" }
    use_path_style              = true
    use_lockfile                = true
    skip_credentials_validation = true
    skip_requesting_account_id  = true
    skip_metadata_api_check     = true
  }
}
${body}
`;
}

let bench: Bench;
let moto: Moto;
let s3: S3Client;

describe.skipIf(NO_MOTO)(`a root with a backend of its own${NO_MOTO ? ` (skipped: ${NO_MOTO})` : ''}`, () => {
  beforeAll(async () => {
    [bench, moto] = await Promise.all([createBench(), startMoto()]);
    s3 = new S3Client({
      endpoint: moto.endpoint,
      region: REGION,
      forcePathStyle: true,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
  });
  afterAll(async () => {
    s3.destroy();
    await moto.close();
    await bench.end();
  });
  beforeEach(async () => {
    await moto.reset();
    await s3.send(
      new CreateBucketCommand({ Bucket: BUCKET, CreateBucketConfiguration: { LocationConstraint: REGION } }),
    );
  });

  it('in a workspace that is not there is planned and read without making it; its apply makes it', async () => {
    const project = inWorkspace(OF);
    const read = await go(commandJob('state list', { project }));
    const planned = await go(planJob({ project }));
    const looked = await objects();
    const applied = await apply(planned);
    const moved = await go(
      commandJob('state mv terraform_data.app terraform_data.web', { project, writes: true, fence: 2 }),
    );
    const again = await go(commandJob('state list', { project }));

    expect(await output(read)).toBe('');
    expect(read.result.status).toBe('ok');
    expect(looked).toEqual([]);
    expect(planned.log).toContain(`The workspace ${OF} is not there yet.`);
    expect(applied.result).toMatchObject({ status: 'ok', started: true });
    expect(await objects()).toEqual([`env:/${OF}/app.tfstate`]);
    expect(moved.result).toMatchObject({ status: 'ok', started: true });
    expect(await output(again)).toBe('terraform_data.web\n');
  });

  it('whose plan comes to something else in its new workspace is not applied; planned again it is', async () => {
    // What a plan finds outside of the commit may change until its apply plans again.
    const outside = mkdtempSync(join(tmpdir(), 'cairn-outside-'));
    const fact = join(outside, 'fact');
    writeFileSync(fact, 'before');
    onTestFinished(() => rmSync(outside, { recursive: true, force: true }));
    const source = root(`resource "terraform_data" "app" { input = file("${fact}") }`);
    const project = inWorkspace(OF);
    const first = await go(planJob({ project }), source);
    const shown = { digest: planDigest(await changesOf(first)), hashKey: HASH_KEY };

    writeFileSync(fact, 'after');
    const refused = await apply(first, { source, shown });
    const second = await go(planJob({ project }), source);
    const then = { digest: planDigest(await changesOf(second)), hashKey: HASH_KEY };
    const applied = await apply(second, { source, shown: then });

    expect(refused.result).toMatchObject({
      status: 'refused',
      started: false,
      error: expect.stringMatching(/Planned in its new workspace eph-change, .*run it again/),
    });
    expect(applied.result.status).toBe('ok');
  });

  it('that cannot be compared with what was shown is not applied in a new workspace', async () => {
    const planned = await go(planJob({ project: inWorkspace(OF) }));

    const applied = await apply(planned, { shown: null });

    expect(applied.result).toMatchObject({
      status: 'refused',
      error: expect.stringMatching(/a secret differs/),
    });
  });

  it('of an ephemeral environment leaves no empty workspace behind, and nothing is found in it', async () => {
    const project = inWorkspace(OF);
    await apply(await go(planJob({ project })), { environment: OF });
    const between = await objects();

    const gone = await apply(await go(planJob({ project, destroy: true })), { environment: OF });
    const listed = await go(commandJob('state list', { project }));

    expect(between).toEqual([`env:/${OF}/app.tfstate`]);
    expect(gone.log).toContain(`Nothing is left in the workspace ${OF}: it was deleted.`);
    expect(listed.result.status).toBe('ok');
    expect(await output(listed)).toBe('');
    expect(await objects()).toEqual([]);
  });

  it('is told where its state is, by what init gets', async () => {
    const state = { kind: 'own' as const, config: { key: `ephemeral/${OF}/app.tfstate` } };
    const project = { ...planJob().project, state };

    const applied = await apply(await go(planJob({ project })), { project });

    expect(applied.result.status).toBe('ok');
    expect(await objects()).toEqual([`ephemeral/${OF}/app.tfstate`]);
  });

  it('has its resources replaced that are named, and a plan that is only looked at minds no lock', async () => {
    const project = inWorkspace(OF);
    await apply(await go(planJob({ project })));
    const Key = `env:/${OF}/app.tfstate.tflock`;

    const replaced = await go(planJob({ project, replace: ['terraform_data.app'] }));
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: '{"ID":"of-somebody"}' }));
    const drift = await go(planJob({ project, lock: false }));

    const [change] = (await changesOf(replaced)).resources;
    expect(change).toMatchObject({
      address: 'terraform_data.app',
      change: { actions: ['delete', 'create'] },
    });
    expect(drift.result).toMatchObject({ status: 'ok', empty: true });
    expect(drift.log).not.toContain('is not there yet');
  });
});

function inWorkspace(workspace: string): PlanJob['project'] {
  return { ...planJob().project, workspace, state: { kind: 'own' } };
}

const SECRETS = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_REGION'] as const;

function secretsFile(): Record<string, string> {
  return {
    'secrets.json': JSON.stringify(Object.fromEntries(SECRETS.map((name) => [name, CREDENTIALS[name]]))),
  };
}

async function go(job: PlanJob | TerraformJob, source = root()): Promise<Ran> {
  const own = { ...job, secrets: [...SECRETS] };
  return run(bench, await prepare(bench, own, { 'main.tf': source }, secretsFile()));
}

interface How {
  source?: string;
  /** Of the plan itself, unless it is said. */
  shown?: { digest: string; hashKey: string } | null;
  environment?: string;
  project?: PlanJob['project'];
}

async function apply(planned: Ran, how: How = {}): Promise<Ran> {
  const { source = root(), environment = 'prod', project = inWorkspace(OF) } = how;
  const own = { digest: planDigest(await changesOf(planned)), hashKey: HASH_KEY };
  const shown = how.shown === undefined ? own : how.shown;
  const job = applyJob(planned.result.planSha256 ?? '', {
    project,
    environment,
    shown,
    secrets: [...SECRETS],
  });
  const inputs = { ...(await planInputs(planned)), ...secretsFile() };
  return run(bench, await prepare(bench, job, { 'main.tf': source }, inputs, planned.work));
}

async function output(ran: Ran): Promise<string> {
  return (await out(ran, 'output.txt')).toString();
}

async function objects(): Promise<string[]> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
  return Contents.map(({ Key }) => Key ?? '').filter((key) => !key.endsWith('.tflock'));
}
