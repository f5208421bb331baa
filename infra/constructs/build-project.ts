import { existsSync } from 'node:fs';
import path from 'node:path';
import { IgnoreMode, Stack } from 'aws-cdk-lib';
import { CfnProject } from 'aws-cdk-lib/aws-codebuild';
import type { Role } from 'aws-cdk-lib/aws-iam';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import type { Construct } from 'constructs';
import { definitionName, type JobIdentity } from '../../core/jobs/names.ts';
import { PLAN_TIMEOUT } from '../../core/jobs/orders.ts';
import { BUILDSPEC } from '../../executor/aws/buildspec.ts';
import { installRoot } from '../../local/root.ts';
import { JOB_LOGS } from '../names.ts';
import type { Grant } from '../permissions/job-policy.ts';
import { grantTo } from '../permissions/statements.ts';
import { arns } from '../permissions/world.ts';
import { accept } from './accept.ts';

const BUNDLE = 'fargate.mjs';

/** The executor as one file, for all build projects of a stack. */
export function executorBundle(scope: Construct): Asset {
  const dist = path.join(installRoot(), 'dist');
  // An asset without its file would be deployed as well, and every build would fail.
  if (!existsSync(path.join(dist, BUNDLE))) {
    throw new Error(`${path.join(dist, BUNDLE)} is not there: run "npx tsx scripts/build.ts --aws".`);
  }
  return new Asset(scope, 'Executor', {
    path: dist,
    exclude: ['*', `!${BUNDLE}`],
    ignoreMode: IgnoreMode.GIT,
  });
}

/** Images of CodeBuild with Docker and the Node of BUILDSPEC. */
const IMAGES = {
  arm64: { type: 'ARM_CONTAINER', image: 'aws/codebuild/amazonlinux-aarch64-standard:3.0' },
  x86_64: { type: 'LINUX_CONTAINER', image: 'aws/codebuild/amazonlinux-x86_64-standard:5.0' },
} as const;

interface BuildProjectProps {
  identity: JobIdentity;
  bundle: Asset;
  architecture: 'arm64' | 'x86_64';
  variables: Record<string, string>;
  role: Role;
}

/** Where an environment's `build` runs: the executor as on Fargate, and beside it a Docker of its own. */
export function buildProject(scope: Construct, id: string, props: BuildProjectProps): CfnProject {
  const { identity, bundle, architecture, variables, role } = props;
  grantTo(role, buildGrants(scope, identity, bundle));
  const project = new CfnProject(scope, id, {
    name: definitionName(identity, ''),
    description: `The build of ${identity.environment} in ${identity.repository}`,
    serviceRole: role.roleArn,
    source: {
      type: 'S3',
      location: `${bundle.s3BucketName}/${bundle.s3ObjectKey}`,
      buildSpec: JSON.stringify(BUILDSPEC),
    },
    artifacts: { type: 'NO_ARTIFACTS' },
    environment: {
      ...IMAGES[architecture],
      computeType: 'BUILD_GENERAL1_SMALL',
      privilegedMode: true,
      environmentVariables: Object.entries(variables).map(([name, value]) => ({ name, value })),
    },
    timeoutInMinutes: Math.ceil(PLAN_TIMEOUT / 60) + 10,
    queuedTimeoutInMinutes: 30,
    logsConfig: {
      cloudWatchLogs: { status: 'ENABLED', groupName: JOB_LOGS, streamName: streamOf(identity) },
    },
  });
  accept(project, {
    'AwsSolutions-CB3':
      'A build makes container images; its container is its own, and its role reaches nothing else.',
    'AwsSolutions-CB4':
      'It leaves nothing with CodeBuild: what it makes goes to the artifact bucket, under its key.',
  });
  return project;
}

function streamOf({ repository, environment, stage }: JobIdentity): string {
  return `${repository}/${environment}/${stage}`;
}

/** What CodeBuild itself does in the role's name. */
function buildGrants(scope: Construct, identity: JobIdentity, bundle: Asset): Grant[] {
  const { partition } = Stack.of(scope);
  const bucket = `arn:${partition}:s3:::${bundle.s3BucketName}`;
  return [
    {
      sid: 'FetchExecutor',
      actions: ['s3:GetObject', 's3:GetObjectVersion'],
      resources: [`${bucket}/${bundle.s3ObjectKey}`],
    },
    { sid: 'FindExecutor', actions: ['s3:GetBucketAcl', 's3:GetBucketLocation'], resources: [bucket] },
    {
      sid: 'WriteLog',
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [arns(scope).arn('logs', `log-group:${JOB_LOGS}:log-stream:${streamOf(identity)}/*`)],
    },
  ];
}
