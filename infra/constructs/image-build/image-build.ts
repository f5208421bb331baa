import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { CustomResource, Duration, Stack } from 'aws-cdk-lib';
import { CfnProject } from 'aws-cdk-lib/aws-codebuild';
import { type IRepository, Repository } from 'aws-cdk-lib/aws-ecr';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import type { Image } from '../../context.ts';
import { grantTo } from '../../permissions/statements.ts';
import { arns } from '../../permissions/world.ts';
import { accept } from '../accept.ts';
import type { ImageBuilder } from './image-builder.ts';

const SCRIPT = readFileSync(path.join(import.meta.dirname, 'build.sh'), 'utf8');

/** Machines that CodeBuild offers: its image, and the smallest size, which has 4 GB. */
const MACHINES = {
  arm64: { type: 'ARM_CONTAINER', image: 'aws/codebuild/amazonlinux-aarch64-standard:3.0' },
  x86_64: { type: 'LINUX_CONTAINER', image: 'aws/codebuild/amazonlinux-x86_64-standard:5.0' },
} as const;

/** What `docker push` calls. */
const PUSH = [
  'ecr:BatchCheckLayerAvailability',
  'ecr:BatchGetImage',
  'ecr:CompleteLayerUpload',
  'ecr:InitiateLayerUpload',
  'ecr:PutImage',
  'ecr:UploadLayerPart',
];

/** Minutes. CloudFormation waits for an hour: the build has to have ended by then, to say why. */
const BUILD_TIME = 40;
const QUEUE_TIME = 10;

interface ImageBuildProps {
  builder: ImageBuilder;
  projectName: string;
  /** Where the image goes. */
  repositoryName: string;
  /** Folder with a Dockerfile. */
  context: string;
  buildArgs: Record<string, string>;
  architecture: keyof typeof MACHINES;
  logGroupName: string;
}

/**
 * An image that is built in the account when the stack is deployed, so that nobody needs Docker. Its tag is a
 * hash of all that it is made of: the same content is never built twice, other content never has its name.
 */
export class ImageBuild extends Construct implements Image {
  readonly repository: IRepository;
  readonly tag: string;
  readonly uri: string;

  constructor(scope: Construct, id: string, props: ImageBuildProps) {
    super(scope, id);
    const { account, region, urlSuffix } = Stack.of(this);
    const source = new Asset(this, 'Context', { path: props.context });
    const registry = `${account}.dkr.ecr.${region}.${urlSuffix}`;
    const image = `${registry}/${props.repositoryName}`;
    this.repository = Repository.fromRepositoryName(this, 'Repository', props.repositoryName);
    this.tag = hashOf([source.assetHash, props.buildArgs, props.architecture, SCRIPT]);
    this.uri = `${image}:${this.tag}`;

    const project = new CfnProject(this, 'Project', {
      name: props.projectName,
      description: `Builds ${props.repositoryName} when Cairn is deployed`,
      serviceRole: this.role(props, source).roleArn,
      source: {
        type: 'S3',
        location: `${source.s3BucketName}/${source.s3ObjectKey}`,
        buildSpec: buildSpec(),
      },
      artifacts: { type: 'NO_ARTIFACTS' },
      environment: {
        ...MACHINES[props.architecture],
        computeType: 'BUILD_GENERAL1_SMALL',
        privilegedMode: true,
        environmentVariables: Object.entries({
          IMAGE: image,
          TAG: this.tag,
          BUILD_ARGS: JSON.stringify(props.buildArgs),
        }).map(([name, value]) => ({ name, value })),
      },
      logsConfig: { cloudWatchLogs: { status: 'ENABLED', groupName: props.logGroupName } },
      timeoutInMinutes: BUILD_TIME,
      queuedTimeoutInMinutes: QUEUE_TIME,
    });
    accept(project, {
      'AwsSolutions-CB3': 'It builds an image, and the Docker daemon asks for this.',
      'AwsSolutions-CB4': 'It has no artifacts: what it makes is in the registry.',
    });

    const built = new CustomResource(this, 'Image', {
      resourceType: 'Custom::CairnImage',
      serviceToken: props.builder.serviceToken,
      serviceTimeout: Duration.hours(1),
      properties: { Project: props.projectName, Repository: props.repositoryName, Tag: this.tag },
    });
    built.node.addDependency(project, props.builder);
  }

  private role({ logGroupName }: ImageBuildProps, source: Asset): Role {
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('codebuild.amazonaws.com') });
    const bucket = `arn:${Stack.of(this).partition}:s3:::${source.s3BucketName}`;
    grantTo(role, [
      {
        sid: 'ReadSource',
        actions: ['s3:GetObject', 's3:GetObjectVersion'],
        resources: [`${bucket}/${source.s3ObjectKey}`],
      },
      { sid: 'FindSource', actions: ['s3:GetBucketAcl', 's3:GetBucketLocation'], resources: [bucket] },
      {
        sid: 'WriteLog',
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [arns(this).arn('logs', `log-group:${logGroupName}:log-stream:*`)],
      },
      {
        sid: 'LogIn',
        actions: ['ecr:GetAuthorizationToken'],
        resources: ['*'],
        unscoped: 'IAM knows no resource for ecr:GetAuthorizationToken.',
      },
      { sid: 'Push', actions: PUSH, resources: [this.repository.repositoryArn] },
    ]);
    return role;
  }
}

/** JSON is YAML. */
function buildSpec(): string {
  return JSON.stringify({
    version: '0.2',
    env: { shell: 'bash' },
    phases: { build: { commands: [SCRIPT] } },
  });
}

function hashOf(parts: unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}
