import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { TargetRolesStack } from '../../examples/target-role-cdk/target-roles-stack.ts';
import { type TargetRole, type TargetRoleOptions, targetRoles } from '../../infra/target-role/documents.ts';
import { formatRoles } from '../../infra/target-role/formats.ts';
import { type AwsTerraform, awsTerraform, NO_PROVIDER } from '../support/aws/provider.ts';

const MODULE = path.resolve(import.meta.dirname, '../../examples/target-role-terraform');

/** Every option, and names that have to be cut. */
const OPTIONS: Required<TargetRoleOptions> = {
  repository: 'An-Organization-With-A-Long-Name/infra.Structure_of_everything',
  environment: 'production-eu',
  account: '111122223333',
  cairnAccount: '444455556666',
  externalId: 'cairn:${x}%{y}',
  stateBuckets: ['acme-states', 'acme-more'],
  planPolicies: [
    'arn:aws:iam::aws:policy/SecurityAudit',
    'arn:aws:iam::aws:policy/job-function/ViewOnlyAccess',
  ],
  applyPolicies: ['arn:aws:iam::111122223333:policy/deploy'],
  permissionBoundary: 'arn:aws:iam::111122223333:policy/boundary',
  sessionSeconds: 7200,
  partition: 'aws',
};

const PLAIN: TargetRoleOptions = {
  repository: 'acme/shop',
  environment: 'prod',
  account: '111122223333',
  cairnAccount: '444455556666',
  externalId: 'cairn:acme/shop:prod',
};

/** What the account would have, whoever made it. */
type Made = Record<
  string,
  Omit<TargetRole, 'kind' | 'name' | 'arn' | 'description'> & { description: string }
>;

function expected(options: TargetRoleOptions): Made {
  return Object.fromEntries(
    Object.values(targetRoles(options)).map(({ kind: _kind, arn: _arn, name, ...rest }) => [name, rest]),
  );
}

describe('the roles of a target account are the same', () => {
  test.each([
    ['by the CDK example', OPTIONS],
    ['by the CDK example, with nothing but what is needed', PLAIN],
  ])('%s', (_, options) => {
    const stack = new TargetRolesStack(new App(), 'Roles', { roles: options });

    const { Resources } = Template.fromStack(stack).toJSON() as { Resources: CloudFormation };

    expect(fromCloudFormation(Resources)).toEqual(expected(options));
  });

  test.each([
    ['by `cairn target-role --format cloudformation`', OPTIONS],
    ['by `cairn target-role --format cloudformation`, with nothing but what is needed', PLAIN],
  ])('%s', (_, options) => {
    const text = formatRoles(Object.values(targetRoles(options)), 'cloudformation');

    expect(fromCloudFormation((parse(text) as { Resources: CloudFormation }).Resources)).toEqual(
      expected(options),
    );
  });

  test.each([
    ['by the documents of the Terraform module', OPTIONS],
    ['by the documents of the Terraform module, with nothing but what is needed', PLAIN],
  ])('%s', async (_, options) => {
    const roles = await documentsOf(options);

    const made = Object.values(roles).map(({ name, description, trust, inline_policy }) => [
      name,
      {
        description,
        trust: JSON.parse(trust) as unknown,
        inlinePolicy: inline_policy === null ? null : (JSON.parse(inline_policy) as unknown),
      },
    ]);
    expect(Object.fromEntries(made)).toEqual(
      Object.fromEntries(
        Object.entries(expected(options)).map(([name, { description, trust, inlinePolicy }]) => [
          name,
          { description, trust, inlinePolicy },
        ]),
      ),
    );
  });
});

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

type CloudFormation = Record<string, { Type: string; Properties: Record<string, unknown> }>;

function fromCloudFormation(resources: CloudFormation): Made {
  return Object.fromEntries(
    Object.values(resources)
      .filter(({ Type }) => Type === 'AWS::IAM::Role')
      .map(({ Properties: role }) => {
        const [inline] = (role['Policies'] ?? []) as { PolicyDocument: TargetRole['trust'] }[];
        const made = {
          description: String(role['Description']),
          trust: role['AssumeRolePolicyDocument'] as TargetRole['trust'],
          managedPolicies: (role['ManagedPolicyArns'] ?? []) as string[],
          inlinePolicy: inline?.PolicyDocument ?? null,
          permissionBoundary: (role['PermissionsBoundary'] ?? null) as string | null,
          sessionSeconds: Number(role['MaxSessionDuration']),
        };
        return [String(role['RoleName']), made];
      }),
  );
}

interface PlannedResource {
  type: string;
  name: string;
  index?: string;
  values: Record<string, unknown>;
}

/** Attachments name their role by a reference, which a plan resolves: role names are known. */
function fromPlan(resources: PlannedResource[]): Made {
  const of = (type: string) => resources.filter((resource) => resource.type === type);
  return Object.fromEntries(
    of('aws_iam_role').map((resource) => {
      const { values } = resource;
      const name = String(values['name']);
      const attached = of('aws_iam_role_policy_attachment').filter(({ values }) => values['role'] === name);
      // The id of a role is not known before it is there: these are found by their own name.
      const inline = of('aws_iam_role_policy').find(
        (one) => one.index === resource.index && (one.index !== undefined || one.name === resource.name),
      );
      const made = {
        description: String(values['description']),
        trust: JSON.parse(String(values['assume_role_policy'])) as TargetRole['trust'],
        managedPolicies: attached.map(({ values }) => String(values['policy_arn'])),
        inlinePolicy: inline ? (JSON.parse(String(inline.values['policy'])) as TargetRole['trust']) : null,
        permissionBoundary: (values['permissions_boundary'] ?? null) as string | null,
        sessionSeconds: Number(values['max_session_duration']),
      };
      return [name, made];
    }),
  );
}

function variablesOf(options: TargetRoleOptions): Record<string, unknown> {
  return {
    repository: options.repository,
    environment: options.environment,
    cairn_account: options.cairnAccount,
    external_id: options.externalId,
    state_buckets: options.stateBuckets ?? [],
    plan_policies: options.planPolicies ?? null,
    apply_policies: options.applyPolicies ?? [],
    permission_boundary: options.permissionBoundary ?? null,
    session_seconds: options.sessionSeconds ?? 3600,
    partition: options.partition ?? 'aws',
  };
}

interface Documents {
  name: string;
  description: string;
  trust: string;
  inline_policy: string | null;
}

/** What the module's documents say, evaluated by terraform itself; they need no provider. */
async function documentsOf(options: TargetRoleOptions): Promise<Record<string, Documents>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'cairn-documents-'));
  try {
    await cp(path.join(MODULE, 'documents'), folder, { recursive: true });
    await writeFile(path.join(folder, 'terraformrc'), '');
    const {
      plan_policies: _1,
      apply_policies: _2,
      permission_boundary: _3,
      session_seconds: _4,
      ...used
    } = variablesOf(options);
    await writeFile(path.join(folder, 'terraform.tfvars.json'), JSON.stringify(used));
    const terraform = (...args: string[]) =>
      execa('terraform', [...args, '-no-color'], {
        cwd: folder,
        env: { PATH: process.env['PATH'] ?? '', TF_CLI_CONFIG_FILE: path.join(folder, 'terraformrc') },
        extendEnv: false,
      });
    await terraform('init', '-input=false');
    await terraform('apply', '-auto-approve', '-input=false');
    const state = JSON.parse(await readFile(path.join(folder, 'terraform.tfstate'), 'utf8')) as {
      outputs: { roles: { value: Record<string, Documents> } };
    };
    return state.outputs.roles.value;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
