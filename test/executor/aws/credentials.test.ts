import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import { awsConfig, sessionName } from '../../../executor/aws/credentials.ts';
import { NO_MOTO } from '../../support/aws/moto.ts';
import { applyOf, type Cloud, createCloud, emptied, planOf, run, STATES } from './support.ts';

const ROLE = 'arn:aws:iam::210987654321:role/cairn-apply';
const JOB_KEY = 'ASIAJOBROLEJOBROLE00';

describe('what terraform is told', () => {
  const identity = {
    region: 'eu-west-1',
    targetRole: ROLE,
    externalId: 'acme/infra:prod',
    runId: 'r/1 2',
    credentialProcess: '"node" "fargate.mjs" credentials',
    emulator: false,
  };

  it('is the role of the target account, with the run as the name of the session', () => {
    expect(awsConfig(identity)).toBe(`[default]
role_arn = ${ROLE}
credential_source = EcsContainer
external_id = acme/infra:prod
role_session_name = cairn-r-1-2
region = eu-west-1

[profile cairn-state]
credential_process = "node" "fargate.mjs" credentials
region = eu-west-1
`);
  });

  it('is nothing but the job role where no role is to be assumed', () => {
    expect(awsConfig({ ...identity, targetRole: undefined })).toMatch(/^\[profile cairn-state\]/);
  });

  test.each(['x', 'é'.repeat(80), '0'.repeat(80)])(
    'the name of a session for %s is one that IAM takes',
    (runId) => {
      expect(sessionName(runId)).toMatch(/^[\w+=,.@-]{2,64}$/);
    },
  );
});

describe.skipIf(NO_MOTO)(`credentials on Fargate, on moto${NO_MOTO ? ` (skipped: ${NO_MOTO})` : ''}`, () => {
  let cloud: Cloud;
  let container: Server;
  let asContainer: Record<string, string | undefined>;
  beforeAll(async () => {
    cloud = await createCloud();
    const Expiration = new Date(Date.now() + 3_600_000).toISOString();
    container = createServer((_, answer) =>
      answer.end(
        JSON.stringify({ AccessKeyId: JOB_KEY, SecretAccessKey: 'secret', Token: 'token', Expiration }),
      ),
    );
    await new Promise<void>((resolve) => container.listen(0, '127.0.0.1', resolve));
    asContainer = {
      AWS_ACCESS_KEY_ID: undefined,
      AWS_SECRET_ACCESS_KEY: undefined,
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${(container.address() as AddressInfo).port}/role`,
      AWS_ENDPOINT_URL_STS: cloud.proxy.endpoint,
      AWS_ENDPOINT_URL_S3: cloud.proxy.endpoint,
      CAIRN_TARGET_ROLE: ROLE,
      CAIRN_EXTERNAL_ID: 'acme/infra:prod',
    };
  });
  afterAll(async () => {
    await new Promise((resolve) => container?.close(resolve));
    await cloud?.end();
  });
  beforeEach(() => emptied(cloud));

  it('prints those of the container as a profile wants them', async () => {
    const env = { PATH: process.env['PATH'], ...asContainer } as NodeJS.ProcessEnv;

    const { stdout } = await promisify(execFile)(process.execPath, [cloud.bundle, 'credentials'], { env });

    expect(JSON.parse(stdout)).toMatchObject({
      Version: 1,
      AccessKeyId: JOB_KEY,
      SecretAccessKey: 'secret',
      SessionToken: 'token',
      Expiration: expect.stringMatching(/Z$/),
    });
  });

  it('uses the job role for the states that Cairn keeps', async () => {
    const root = { 'main.tf': 'resource "terraform_data" "app" {}' };
    const planned = await run(cloud, planOf(1), root, asContainer);
    const applied = await run(cloud, applyOf(1, planned), root, asContainer);

    const keys = new Set(cloud.proxy.calls.map(({ accessKey }) => accessKey));
    expect(applied.result?.status).toBe('ok');
    expect([...keys]).toEqual([JOB_KEY]);
  });

  it('assumes the target role for all else, as a backend of the root shows', async () => {
    const root = {
      'main.tf': `
terraform {
  backend "s3" {
    bucket                      = "${STATES}"
    key                         = "of-the-root/terraform.tfstate"
    use_path_style              = true
    skip_requesting_account_id  = true
    skip_credentials_validation = true
    skip_s3_checksum            = true
  }
}
resource "terraform_data" "app" {}`,
    };
    const planned = await run(cloud, planOf(1, { state: null }), root, asContainer);
    const applied = await run(cloud, applyOf(1, planned), root, asContainer);

    const assumed = cloud.proxy.calls.filter(({ body }) => body.includes('Action=AssumeRole'));
    const asRole = cloud.proxy.calls.filter(({ url }) => url.includes('of-the-root'));
    expect(applied.result?.status).toBe('ok');
    expect(assumed.every(({ accessKey }) => accessKey === JOB_KEY)).toBe(true);
    expect(Object.fromEntries(new URLSearchParams(assumed[0]?.body))).toMatchObject({
      RoleArn: ROLE,
      ExternalId: 'acme/infra:prod',
      RoleSessionName: 'cairn-run-1',
    });
    expect(asRole.length).toBeGreaterThan(0);
    expect(asRole.every(({ accessKey }) => accessKey !== JOB_KEY && accessKey !== '')).toBe(true);
  });
});
