import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { targetRoles } from '../../infra/target-role/documents.ts';
import { formatRoles } from '../../infra/target-role/formats.ts';
import {
  expected,
  fromPlan,
  type Made,
  MODULE,
  OPTIONS,
  type PlannedResource,
  variablesOf,
} from '../examples/target-role-cases.ts';
import { type AwsTerraform, awsTerraform, NO_PROVIDER } from '../support/aws/provider.ts';

describe.skipIf(NO_PROVIDER !== null)(
  `the roles of a target account, planned by the AWS provider${NO_PROVIDER ? ` (skipped: ${NO_PROVIDER})` : ''}`,
  { timeout: 180_000 },
  () => {
    let terraform: AwsTerraform;
    const at = (...names: string[]) => path.join(terraform.home, ...names);
    beforeAll(async () => {
      // Nobody answers there: a plan of new roles asks nobody.
      terraform = await awsTerraform('http://127.0.0.1:9');
    });
    afterAll(async () => {
      if (terraform) await rm(terraform.home, { recursive: true, force: true });
    });

    const PROVIDER = `provider "aws" {
  region                      = "eu-west-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}
`;

    async function planned(folder: string, env: Record<string, string> = {}): Promise<Made> {
      await terraform.run(folder, ['init'], env);
      await terraform.run(folder, ['validate'], env);
      await terraform.run(folder, ['plan', '-refresh=false', '-out=plan'], env);
      const { planned_values } = JSON.parse(await terraform.run(folder, ['show', '-json', 'plan'], env)) as {
        planned_values: { root_module: { resources: PlannedResource[] } };
      };
      return fromPlan(planned_values.root_module.resources);
    }

    test('by the Terraform module', async () => {
      await cp(MODULE, at('module'), { recursive: true, filter: (from) => !from.includes('.terraform') });
      await writeFile(at('module/emulator.tf'), PROVIDER);
      await writeFile(at('module/terraform.tfvars.json'), JSON.stringify(variablesOf(OPTIONS)));

      const made = await planned(at('module'));

      expect(made).toEqual(expected(OPTIONS));
    });

    test('by `cairn target-role --format terraform`', async () => {
      await terraform.run(terraform.home, ['version']);
      const folder = await mkdtemp(at('printed-'));
      await writeFile(path.join(folder, 'provider.tf'), PROVIDER);
      await writeFile(
        path.join(folder, 'roles.tf'),
        formatRoles(Object.values(targetRoles(OPTIONS)), 'terraform'),
      );

      const made = await planned(folder);

      expect(made).toEqual(expected(OPTIONS));
    });
  },
);
