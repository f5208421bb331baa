import { z } from 'zod';

/**
 * `cairn.infra.yaml` as the operator writes it: what watched repositories may touch, and with what. It never
 * lies in a watched repository; whoever may change it may change what Cairn is allowed to do.
 */

const account = z.string().regex(/^\d{12}$/, 'an AWS account is 12 digits, in quotes');
const roleArn = z
  .string()
  .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/, 'not the ARN of a role');
const secretArn = z
  .string()
  .regex(
    /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]{1,512}$/,
    'not the ARN of a secret',
  );
const repositoryName = z.string().regex(/^[A-Za-z0-9-]{1,39}\/[A-Za-z0-9._-]{1,100}$/, 'write it owner/name');
const version = z.string().regex(/^\d+\.\d+\.\d+(-[a-z0-9.]+)?$/, 'a version is written 1.11.4');
const sizeName = z.string().regex(/^[a-z][a-z0-9]{0,15}$/, 'a size is a short name in small letters');
const branch = z.string().min(1).max(200);

/** vCPU and MB that Fargate offers together, up to 4 vCPU. Source: the Batch user guide, "Fargate job definitions". */
export const FARGATE_SIZES: Record<string, readonly number[]> = {
  '0.5': [1024, 2048, 3072, 4096],
  '1': [2048, 3072, 4096, 5120, 6144, 7168, 8192],
  '2': Array.from({ length: 13 }, (_, n) => 4096 + n * 1024),
  '4': Array.from({ length: 23 }, (_, n) => 8192 + n * 1024),
};

const size = z
  .strictObject({
    cpu: z
      .union([z.literal(0.5), z.literal(1), z.literal(2), z.literal(4)])
      .describe('vCPU: 0.5, 1, 2 or 4.'),
    memory: z.int().describe('MB.'),
    disk: z.int().min(21).max(200).optional().describe('GB of ephemeral storage. Default: 21.'),
  })
  .refine(({ cpu, memory }) => FARGATE_SIZES[String(cpu)]?.includes(memory), {
    path: ['memory'],
    message: 'Fargate does not offer this memory with this cpu',
  });

const environment = z.strictObject({
  account: account.optional().describe("Account that it deploys into. Default: Cairn's own."),
  plan_role: roleArn.optional().describe('Role that plans assume in that account. Default: none is assumed.'),
  apply_role: roleArn.optional().describe('Role that applies assume. Default: none is assumed.'),
  external_id: z
    .string()
    .min(2)
    .max(1224)
    .optional()
    .describe('Default: made from the repository and the environment.'),
  size: sizeName
    .optional()
    .describe('Size of its jobs, unless a project asks for another. Default: `standard`.'),
  build: z.boolean().optional().describe('Whether it has a `build` in cairn.yaml. Default: `false`.'),
  secrets: z
    .strictObject({ plan: z.array(secretArn).optional(), apply: z.array(secretArn).optional() })
    .optional()
    .describe('Secrets that its jobs may read, by stage: what cairn.yaml names must be here too.'),
});

const repository = z.strictObject({
  environments: z.record(z.string().regex(/^[a-z0-9][a-z0-9-]{0,38}$/), environment),
  actions: z
    .strictObject({ branches: z.array(branch).min(1) })
    .optional()
    .describe('Branches whose GitHub Actions workflows may ask for things, by OIDC.'),
});

export const infraConfig = z.strictObject({
  account: account.optional().describe('Account of Cairn itself. Default: the one of your credentials.'),
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/)
    .describe('Region of Cairn itself.'),
  github: z
    .strictObject({
      app_id: z.string().regex(/^\d+$/),
      url: z.url().optional().describe('API of an Enterprise server. Default: `https://api.github.com`.'),
    })
    .describe('The GitHub App that Cairn is. Its private key is put into Secrets Manager, never here.'),
  slack: z
    .boolean()
    .optional()
    .describe('Whether to make the secrets for Slack and tell it. Default: `false`.'),
  repositories: z
    .record(repositoryName, repository)
    .refine((all) => Object.keys(all).length > 0, 'none is watched'),
  terraform: z.array(version).optional().describe('Versions of terraform in the image, best first.'),
  opentofu: z.array(version).optional().describe('Versions of OpenTofu in the image, best first.'),
  provider_mirror: z
    .record(z.string(), z.array(version))
    .optional()
    .describe(
      'Providers baked into the image, such as `hashicorp/aws: ["5.100.0"]`: jobs then download none at all.',
    ),
  architecture: z.enum(['arm64', 'x86_64']).optional().describe('Default: `arm64`.'),
  sizes: z.record(sizeName, size).optional().describe('Default: `standard`, 1 vCPU with 2048 MB.'),
  network: z
    .strictObject({
      vpc: z.string().regex(/^vpc-[0-9a-f]+$/),
      subnets: z.array(z.string().regex(/^subnet-[0-9a-f]+$/)).min(1),
      security_groups: z.array(z.string().regex(/^sg-[0-9a-f]+$/)).optional(),
      public_ip: z.boolean().optional().describe('Whether jobs get a public address. Default: `false`.'),
    })
    .optional()
    .describe('Default: a VPC of its own with public subnets, without NAT and without inbound.'),
  retention: z
    .strictObject({
      plans: z.int().min(1).max(90).optional().describe('Days that plan files are kept. Default: 7.'),
      logs: z.int().min(1).max(3653).optional().describe('Days that logs are kept. Default: 90.'),
    })
    .optional(),
  tags: z.record(z.string().min(1).max(128), z.string().max(256)).optional(),
  permission_boundary: z
    .string()
    .regex(/^arn:aws[a-z-]*:iam::\d{12}:policy\/.+$/)
    .optional(),
  alarm_topic: z
    .string()
    .regex(/^arn:aws[a-z-]*:sns:/)
    .optional()
    .describe('SNS topic that alarms go to.'),
  dashboard: z.boolean().optional().describe('A CloudWatch dashboard (3 USD a month). Default: `false`.'),
});
export type InfraConfigFile = z.infer<typeof infraConfig>;
