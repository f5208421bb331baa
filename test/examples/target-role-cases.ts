import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { type TargetRole, type TargetRoleOptions, targetRoles } from '../../infra/target-role/documents.ts';

export const MODULE = path.resolve(import.meta.dirname, '../../examples/target-role-terraform');

/** Every option, and names that have to be cut. */
export const OPTIONS: Required<TargetRoleOptions> = {
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

export const PLAIN: TargetRoleOptions = {
  repository: 'acme/shop',
  environment: 'prod',
  account: '111122223333',
  cairnAccount: '444455556666',
  externalId: 'cairn:acme/shop:prod',
};

/** What the account would have, whoever made it. */
export type Made = Record<
  string,
  Omit<TargetRole, 'kind' | 'name' | 'arn' | 'description'> & { description: string }
>;

export function expected(options: TargetRoleOptions): Made {
  return Object.fromEntries(
    Object.values(targetRoles(options)).map(({ kind: _kind, arn: _arn, name, ...rest }) => [name, rest]),
  );
}

export type CloudFormation = Record<string, { Type: string; Properties: Record<string, unknown> }>;

export function fromCloudFormation(resources: CloudFormation): Made {
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

export interface PlannedResource {
  type: string;
  name: string;
  index?: string;
  values: Record<string, unknown>;
}

/** Attachments name their role by a reference, which a plan resolves: role names are known. */
export function fromPlan(resources: PlannedResource[]): Made {
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

export function variablesOf(options: TargetRoleOptions): Record<string, unknown> {
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
export async function documentsOf(options: TargetRoleOptions): Promise<Record<string, Documents>> {
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
