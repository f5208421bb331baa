import { CreateBucketCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CloudWorld, startCloudWorld } from '../support/aws/cloud-world.ts';
import { NO_MOTO, REGION } from '../support/aws/moto.ts';
import { NO_PROVIDER } from '../support/aws/provider.ts';
import { ssm } from '../support/aws/ssm.ts';
import { config } from '../support/real-roots.ts';

const MISSING = NO_MOTO ?? NO_PROVIDER;
const BUCKET = 'states-of-acme';
const KEY = 'shop/terraform.tfstate';

/**
 * A root as people write it: the AWS provider, a state of its own in S3 with a lock file. `fails` makes the apply
 * end badly after the parameter was changed.
 */
function shop(endpoint: string, price: string, fails = false): Record<string, string> {
  const emulator = `  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  skip_region_validation      = true`;
  return {
    'shop/main.tf': `terraform {
  backend "s3" {
    bucket         = "${BUCKET}"
    key            = "${KEY}"
    region         = "${REGION}"
    use_lockfile   = true
    use_path_style = true
    endpoints      = { s3 = "${endpoint}" }
  ${emulator.replaceAll('\n', '\n  ')}
  }
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region = "${REGION}"
${emulator}
  endpoints {
    ssm = "${endpoint}"
    sts = "${endpoint}"
  }
}

resource "aws_ssm_parameter" "price" {
  name  = "/shop/price"
  type  = "String"
  value = "${price}"
}

resource "terraform_data" "release" {
  input = aws_ssm_parameter.price.version
  triggers_replace = aws_ssm_parameter.price.value
  provisioner "local-exec" {
    command = "${fails ? 'echo the shop does not start >&2; exit 3' : 'true'}"
  }
}

output "price" {
  value     = aws_ssm_parameter.price.value
  sensitive = true
}
`,
  };
}

describe.skipIf(MISSING)(`with the AWS provider${MISSING ? ` (skipped: ${MISSING})` : ''}`, () => {
  let world: CloudWorld;

  beforeAll(async () => {
    world = await startCloudWorld({
      jobVariables: { CAIRN_PROVIDER_MIRROR: process.env['CAIRN_TEST_PROVIDER_MIRROR'] ?? '' },
      patience: 180_000,
    });
    await world.cloud.clients.s3.send(
      new CreateBucketCommand({
        Bucket: BUCKET,
        CreateBucketConfiguration: { LocationConstraint: REGION },
      }),
    );
  }, 120_000);

  afterAll(async () => {
    await world?.close();
  });

  const parameter = () => ssm(world.cloud.endpoint);
  const locks = async () => {
    const command = new ListObjectsV2Command({ Bucket: BUCKET });
    const { Contents = [] } = await world.cloud.clients.s3.send(command);
    return Contents.map(({ Key }) => Key);
  };

  test('planned on a pull request, approved, applied; drift shows; a failure goes back; what is removed is destroyed', async () => {
    const { endpoint } = world.cloud;
    await world.push(config('removed: destroy\n'));
    await world.push(shop(endpoint, '10'), { branch: 'shop' });
    const { number } = await world.bob.openPull({ head: 'shop' });
    const planned = await world.ended({ pull: number });
    const comment = await world.until('the plan', async () =>
      (await world.bob.comments(number)).find(({ body }) => body.includes('aws_ssm_parameter.price')),
    );
    expect(planned.state).toBe('succeeded');
    expect(comment.body).toContain('2 to add');
    expect(await parameter().get('/shop/price')).toBeNull();

    const good = await world.alice.merge(number);
    const deployed = await world.deploy({ commit: good });
    expect(deployed.state).toBe('succeeded');
    expect(await parameter().get('/shop/price')).toBe('10');
    expect(await locks()).toEqual([KEY]);

    await parameter().put('/shop/price', '99');
    await world.push({ 'shop/README.md': 'Prices\n' }, { branch: 'readme', from: 'origin/main' });
    const drifted = await world.bob.openPull({ head: 'readme' });
    await world.ended({ pull: drifted.number });
    const drift = await world.until('the plan with drift', async () =>
      (await world.bob.comments(drifted.number)).find(({ body }) => body.includes('aws_ssm_parameter.price')),
    );
    expect(drift.body.toLowerCase()).toMatch(/drift|changed outside/);

    const bad = await world.push(shop(endpoint, '20', true), { from: 'origin/main' });
    const failed = await world.deploy({ commit: bad });
    expect(failed.state).toBe('rolled-back');
    expect(await parameter().get('/shop/price')).toBe('10');
    expect(await world.record()).toMatchObject({ state: 'rollback', commit: good });

    const removed = await world.push({ 'shop/main.tf': null }, { from: 'origin/main' });
    const destroyed = await world.deploy({ commit: removed });
    expect(destroyed.state).toBe('succeeded');
    expect(await parameter().get('/shop/price')).toBeNull();
    expect(await locks()).toEqual([KEY]);
  }, 600_000);
});
