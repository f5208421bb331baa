import { existsSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { CREDENTIALS, REGION } from './moto.ts';

const MIRROR = process.env['CAIRN_TEST_PROVIDER_MIRROR'] ?? '';

/** Why tests with the real AWS provider are skipped, null if they run: for the title of their group. */
export const NO_PROVIDER = existsSync(path.join(MIRROR, 'registry.terraform.io/hashicorp/aws'))
  ? null
  : 'CAIRN_TEST_PROVIDER_MIRROR names no folder with the AWS provider';

/** Terraform with the provider of the mirror, and for AWS the emulator at `endpoint`. */
export interface AwsTerraform {
  /** A folder of its own, removed by the test. */
  home: string;
  env: Record<string, string>;
  run(folder: string, args: string[], more?: Record<string, string>): Promise<string>;
}

export async function awsTerraform(endpoint: string): Promise<AwsTerraform> {
  const home = await mkdtemp(path.join(tmpdir(), 'cairn-provider-'));
  const config = path.join(home, 'terraformrc');
  await writeFile(
    config,
    `disable_checkpoint = true\nprovider_installation {\n  filesystem_mirror {\n    path = ${JSON.stringify(MIRROR)}\n  }\n}\n`,
  );
  const env = {
    ...CREDENTIALS,
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    TF_CLI_CONFIG_FILE: config,
    TF_IN_AUTOMATION: '1',
    TF_INPUT: '0',
    AWS_ENDPOINT_URL: endpoint,
  };
  return {
    home,
    env,
    async run(folder, args, more = {}) {
      const done = await execa('terraform', [...args, '-no-color'], {
        cwd: folder,
        env: { ...env, ...more },
        extendEnv: false,
        all: true,
        reject: false,
      });
      if (done.failed)
        throw new Error(`terraform ${args.join(' ')} in ${path.basename(folder)}:\n${done.all}`);
      return done.stdout;
    },
  };
}

/** Beside the code of a copy: the provider asks the emulator and nobody else. Never part of an example. */
export async function pointAtEmulator(folder: string, endpoint: string): Promise<void> {
  const services = ['cloudformation', 'dynamodb', 'iam', 'lambda', 'logs', 's3', 'sts'];
  const block = `provider "aws" {
  region                      = "${REGION}"
  access_key                  = "test"
  secret_key                  = "test"
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  skip_region_validation      = true

  endpoints {
${services.map((service) => `    ${service} = "${endpoint}"`).join('\n')}
  }
}
`;
  await writeFile(path.join(folder, 'emulator_override.tf'), block);
}
