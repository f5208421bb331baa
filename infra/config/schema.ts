import { z } from 'zod';
import { LONGEST_APPROVAL } from '../../core/environments/approval.ts';
import { EPHEMERAL, isEphemeral } from '../../core/ephemeral/name.ts';
import { type ActionsCommand, DETAILS } from '../../core/requests/actions-detail.ts';

const LONGEST_APPROVAL_DAYS = LONGEST_APPROVAL / 86_400;

/**
 * `cairn.infra.yaml` as the operator writes it: what watched repositories may touch, and with what. It never
 * lies in a watched repository; whoever may change it may change what Cairn is allowed to do.
 */

const account = z.string().regex(/^\d{12}$/, 'an AWS account is 12 digits');
const roleArn = z
  .string()
  .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/, 'not the ARN of a role');
const secretArn = z
  .string()
  .regex(
    /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]{1,512}$/,
    'not the ARN of a secret',
  );
const kmsKey = z
  .string()
  .regex(
    /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[0-9a-z-]{1,64}$/,
    'not the ARN of a KMS key; that of an alias is none',
  );
const imageRepository = z
  .string()
  .regex(
    /^arn:aws[a-z-]*:ecr:[a-z0-9-]+:\d{12}:repository\/[a-z0-9][a-z0-9._/-]{1,255}$/,
    'not the ARN of a repository of ECR',
  );
const repositoryName = z.string().regex(/^[A-Za-z0-9-]{1,39}\/[A-Za-z0-9._-]{1,100}$/, 'write it owner/name');
const version = z.string().regex(/^\d+\.\d+\.\d+(-[a-z0-9.]+)?$/, 'a version is written 1.11.4');
const sizeName = z.string().regex(/^[a-z][a-z0-9]{0,15}$/, 'a size is a short name in small letters');
const provider = z
  .string()
  .regex(/^([a-z0-9.-]+\.[a-z]+\/)?[a-z0-9_-]+\/[a-z0-9_-]+$/i, 'write a provider as hashicorp/aws');
const branch = z.string().min(1).max(200);

/** vCPU and MB that Fargate offers together, up to 4 vCPU. Source: the Batch user guide, "Fargate job definitions". */
export const FARGATE_SIZES: Record<string, readonly number[]> = {
  '0.5': [1024, 2048, 3072, 4096],
  '1': [2048, 3072, 4096, 5120, 6144, 7168, 8192],
  '2': Array.from({ length: 13 }, (_, n) => 4096 + n * 1024),
  '4': Array.from({ length: 23 }, (_, n) => 8192 + n * 1024),
};

/** Days that CloudWatch can keep logs, from 30 on: a run may wait for weeks, and reads its own documents. */
const LOG_DAYS = [30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

function offers({ cpu }: { cpu: number }): string {
  const sizes = FARGATE_SIZES[String(cpu)] ?? [];
  return `Fargate offers ${sizes[0]} to ${sizes.at(-1)} MB with ${cpu} vCPU, in steps of 1024`;
}

const size = z
  .strictObject({
    cpu: z
      .union([z.literal(0.5), z.literal(1), z.literal(2), z.literal(4)])
      .describe('vCPU: 0.5, 1, 2 or 4.'),
    memory: z
      .int()
      .describe(
        'MB, in steps of 1024: 1024 to 4096 with 0.5 vCPU, 2048 to 8192 with 1, 4096 to 16384 with 2, 8192 to 30720 with 4.',
      ),
    disk: z.int().min(21).max(200).optional().describe('GB of ephemeral storage. Default: 21.'),
  })
  .refine(({ cpu, memory }) => FARGATE_SIZES[String(cpu)]?.includes(memory), {
    path: ['memory'],
    error: ({ input }) => offers(input as { cpu: number }),
  });

const environment = z.strictObject({
  account: account
    .optional()
    .describe("Account that it deploys into. Default: that of its roles, else Cairn's own."),
  plan_role: roleArn
    .optional()
    .describe('Role that plans assume in that account; it only reads. Default: none is assumed.'),
  apply_role: roleArn
    .optional()
    .describe('Role that applies assume, of this environment alone. Default: none is assumed.'),
  external_id: z
    .string()
    .regex(/^[\w+=,.@:/-]{2,1224}$/, 'an external id is 2 to 1224 of letters, digits and _+=,.@:/-')
    .optional()
    .describe('What the roles ask for beside the name. Default: `cairn:OWNER/NAME:ENVIRONMENT`.'),
  size: sizeName
    .optional()
    .describe('Size of its jobs, unless a project asks for another. Default: `standard`.'),
  build: z.boolean().optional().describe('Whether it has a `build` in cairn.yaml. Default: `false`.'),
  push_to: z
    .array(imageRepository)
    .min(1)
    .optional()
    .describe('ARNs of ECR repositories that its build pushes images to and pulls from. Default: none.'),
  secrets: z
    .strictObject({
      plan: z.array(secretArn).optional().describe('ARNs of what plans and applies may read.'),
      apply: z.array(secretArn).optional().describe('ARNs of what only applies may read.'),
      keys: z
        .array(kmsKey)
        .min(1)
        .optional()
        .describe(
          'ARNs of the KMS keys that these secrets are encrypted with; their policies have to allow it, too. Default: the key `aws/secretsmanager`, which needs no right.',
        ),
    })
    .optional()
    .describe('Secrets that its jobs may read, by stage: what cairn.yaml names must be here too.'),
});

const environmentName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,38}$/, 'an environment is named by small letters, digits and -, at most 39')
  .refine((name) => !isEphemeral(name), 'names that start with "eph-" are those of ephemeral environments')
  .refine(
    (name) => name !== EPHEMERAL,
    '"ephemeral" stands for all ephemeral environments: put them beside `environments`, under `ephemeral:`',
  );

/** What a workflow of GitHub Actions can ask for. */
export const ACTIONS_COMMANDS = Object.keys(DETAILS) as ActionsCommand[];

const repository = z.strictObject({
  environments: z
    .record(environmentName, environment)
    .refine((all) => Object.keys(all).length > 0, 'name at least one, as in its cairn.yaml')
    .describe("The repository's environments, by the names that its `cairn.yaml` gives them."),
  ephemeral: environment
    .extend({
      account: account
        .optional()
        .describe(
          "Account that they live in, never Cairn's own. Default: that of their roles; needed without.",
        ),
    })
    .optional()
    .describe(
      "Where its ephemeral environments live, all of them: an account of their own, none of a permanent environment of any repository and not Cairn's, and roles of their own. Default: it can have none.",
    ),
  actions: z
    .strictObject({
      branches: z.array(branch).min(1).describe('Names of branches, without patterns.'),
      commands: z
        .array(z.enum(ACTIONS_COMMANDS))
        .min(1)
        .optional()
        .describe(
          'What they may ask for. Default: `plan`, `deploy`, `ephemeral`, `extend` and `destroy`. `approve`, `reject` and `rollback` are heard only from a workflow of the default branch that somebody starts by hand.',
        ),
    })
    .optional()
    .describe('Branches whose GitHub Actions workflows may ask for things, by OIDC.'),
});

export const infraConfig = z.strictObject({
  account: account.optional().describe('Account of Cairn itself. Default: the one of your credentials.'),
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'a region is written eu-west-1')
    .describe('Region of Cairn itself.'),
  github: z
    .strictObject({
      app_id: z
        .string()
        .regex(/^\d+$/, 'the id of an App is a number')
        .describe("The App's id, as its page on GitHub shows it."),
      url: z
        .string()
        .regex(
          /^https:\/\/[^\s/]+(\/[^\s]*[^\s/])?$/,
          'an address starts with https:// and ends without a slash',
        )
        .optional()
        .describe('API of an Enterprise server. Default: `https://api.github.com`.'),
    })
    .describe('The GitHub App that Cairn is. Its private key is put into Secrets Manager, never here.'),
  slack: z
    .boolean()
    .optional()
    .describe('Whether to make the secrets for Slack and tell it. Default: `false`.'),
  repositories: z
    .record(repositoryName, repository)
    .refine((all) => Object.keys(all).length > 0, 'name at least one')
    .describe('Repositories that are watched, as `owner/name`.'),
  terraform: z
    .array(version)
    .optional()
    .describe('Versions of terraform in the image, best first. At least one of these or of OpenTofu.'),
  opentofu: z.array(version).optional().describe('Versions of OpenTofu in the image, best first.'),
  provider_mirror: z
    .record(provider, z.array(version).min(1))
    .optional()
    .describe(
      'Providers that stand in the image, such as `hashicorp/aws: [5.100.0]`: jobs then download none at all.',
    ),
  architecture: z.enum(['arm64', 'x86_64']).optional().describe('Default: `arm64`.'),
  sizes: z.record(sizeName, size).optional().describe('Default: `standard`, 1 vCPU with 2048 MB.'),
  network: z
    .strictObject({
      vpc: z
        .string()
        .regex(/^vpc-[0-9a-f]+$/, 'not the id of a VPC')
        .describe('Id of the VPC.'),
      subnets: z
        .array(z.string().regex(/^subnet-[0-9a-f]+$/, 'not the id of a subnet'))
        .min(1)
        .describe(
          'Ids of the subnets that jobs run in; they need a way to GitHub, to AWS and to registries.',
        ),
      security_groups: z
        .array(z.string().regex(/^sg-[0-9a-f]+$/, 'not the id of a security group'))
        .min(1)
        .max(5)
        .optional()
        .describe('Default: one without inbound, with outbound to everywhere.'),
      public_ip: z.boolean().optional().describe('Whether jobs get a public address. Default: `false`.'),
    })
    .optional()
    .describe('Default: a VPC of its own with public subnets, without NAT and without inbound.'),
  retention: z
    .strictObject({
      plans: z
        .int()
        .min(LONGEST_APPROVAL_DAYS, 'an approval may wait 7 days for its plan, so not fewer')
        .max(90)
        .optional()
        .describe('Days that plan files are kept, and one more. Default: 7.'),
      logs: z
        .int()
        .refine((days) => LOG_DAYS.includes(days), `must be one of ${LOG_DAYS.join(', ')}`)
        .optional()
        .describe('Days that logs and documents of runs are kept, from 30 on. Default: 90.'),
    })
    .optional()
    .describe('How long things are kept.'),
  tags: z
    .record(
      z.string().regex(/^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+@-]{1,128}$/iu, 'no key that AWS takes for a tag'),
      z.string().regex(/^[\p{L}\p{Z}\p{N}_.:/=+@-]{0,256}$/u, 'no value that AWS takes for a tag'),
    )
    .optional()
    .describe('Tags of everything that is made.'),
  permission_boundary: z
    .string()
    .regex(/^arn:aws[a-z-]*:iam::\d{12}:policy\/[\w+=,.@/-]+$/, 'not the ARN of a managed policy')
    .optional()
    .describe('Managed policy that bounds every role that is made.'),
  alarm_topic: z
    .string()
    .regex(/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}$/, 'not the ARN of an SNS topic')
    .optional()
    .describe('SNS topic that alarms go to. Default: alarms only show in CloudWatch.'),
  actions_provider: z
    .string()
    .regex(/^arn:aws[a-z-]*:iam::\d{12}:oidc-provider\/\S+$/, 'not the ARN of an OIDC provider')
    .optional()
    .describe(
      "OIDC provider of GitHub Actions, if Cairn's account has one: it can have one only. Default: it is made once a repository has `actions`.",
    ),
  dashboard: z.boolean().optional().describe('A CloudWatch dashboard (3 USD a month). Default: `false`.'),
});
export type InfraConfigFile = z.infer<typeof infraConfig>;
