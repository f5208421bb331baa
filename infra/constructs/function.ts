import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, DockerImageCode, DockerImageFunction, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { LambdaVariables } from '../../lambdas/environment.ts';
import type { FunctionSpec } from '../../lambdas/functions.ts';
import type { Image } from '../context.ts';
import { logGroupName } from '../names.ts';
import type { Grant } from '../permissions/job-policy.ts';
import { grantTo } from '../permissions/statements.ts';
import { arns } from '../permissions/world.ts';
import { accept } from './accept.ts';

interface CairnFunctionProps {
  /** As in lambdas/functions.ts. */
  name: string;
  spec: FunctionSpec;
  image: Image;
  architecture: 'arm64' | 'x86_64';
  variables: LambdaVariables;
  /** What it may do besides writing its own log and its traces. */
  grants: readonly Grant[];
  /** Days that its log is kept: one of those that CloudWatch offers. */
  retention: number;
}

/** Name of a function on AWS. */
function functionName(name: string): string {
  return `cairn-${name}`;
}

/**
 * One row of the functions table: the one image with a command of its own, a role of its own, a log of its own.
 * No reserved concurrency: what comes in waits in queues, and taking a share of the account's 1,000 (10 in a
 * new account) from others would be felt before it helped.
 */
export class CairnFunction extends Construct {
  readonly fn: DockerImageFunction;
  readonly role: Role;

  constructor(scope: Construct, props: CairnFunctionProps) {
    super(scope, props.name);
    const { name, spec, image } = props;
    const logGroup = new LogGroup(this, 'Log', {
      logGroupName: logGroupName(functionName(name)),
      retention: props.retention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    grantTo(this.role, [...props.grants, writeLog(this, functionName(name))]);
    this.fn = new DockerImageFunction(this, 'Function', {
      functionName: functionName(name),
      code: DockerImageCode.fromEcr(image.repository, { tagOrDigest: image.tag, cmd: [spec.command] }),
      architecture: props.architecture === 'arm64' ? Architecture.ARM_64 : Architecture.X86_64,
      role: this.role,
      logGroup,
      memorySize: spec.memory,
      timeout: Duration.seconds(spec.timeout),
      // Adds X-Ray's two actions to the role.
      tracing: Tracing.ACTIVE,
      environment: { ...props.variables },
    });
    accept(this.role, {
      'AwsSolutions-IAM5[Resource::*]': 'IAM knows no resource for X-Ray and batch:ListJobs.',
    });
  }
}

function writeLog(scope: Construct, name: string): Grant {
  return {
    sid: 'WriteLog',
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    resources: [arns(scope).arn('logs', `log-group:${logGroupName(name)}:log-stream:*`)],
  };
}
