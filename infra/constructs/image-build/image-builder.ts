import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Code, Function as LambdaFn, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { logGroupName } from '../../names.ts';
import { grantTo } from '../../permissions/statements.ts';
import { arns } from '../../permissions/world.ts';

/** Written in place of an asset: nothing has to be bundled for it. */
const ANSWER = readFileSync(path.join(import.meta.dirname, 'answer.cjs'), 'utf8');

const NAME = 'cairn-BuildImage';

interface ImageBuilderProps {
  /** Names of the projects that it starts, and of the repositories that they push to. */
  projects: string[];
  repositories: string[];
  /** Days. */
  retention: number;
}

/**
 * Starts builds for CloudFormation and answers it when they have ended, however they did: a build that is told
 * to stop, runs out of time or never gets its source is an event too, but could not answer for itself.
 */
export class ImageBuilder extends Construct {
  readonly serviceToken: string;

  constructor(scope: Construct, id: string, { projects, repositories, retention }: ImageBuilderProps) {
    super(scope, id);
    const { arn } = arns(this);
    const logGroup = new LogGroup(this, 'Log', {
      logGroupName: logGroupName(NAME),
      retention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    grantTo(role, [
      {
        sid: 'Build',
        actions: ['codebuild:StartBuild', 'codebuild:BatchGetBuilds'],
        resources: projects.map((name) => arn('codebuild', `project/${name}`)),
      },
      {
        sid: 'SeeImages',
        actions: ['ecr:DescribeImages'],
        resources: repositories.map((name) => arn('ecr', `repository/${name}`)),
      },
      {
        sid: 'WriteLog',
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [arn('logs', `log-group:${logGroupName(NAME)}:log-stream:*`)],
      },
    ]);

    const fn = new LambdaFn(this, 'Function', {
      functionName: NAME,
      description: 'Starts the builds of images and tells CloudFormation how they ended',
      runtime: Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: Code.fromInline(ANSWER),
      role,
      logGroup,
      timeout: Duration.seconds(60),
    });
    this.serviceToken = fn.functionArn;
    new Rule(this, 'Ended', {
      ruleName: 'cairn-image-built',
      eventPattern: {
        source: ['aws.codebuild'],
        detailType: ['CodeBuild Build State Change'],
        detail: {
          'project-name': projects,
          'build-status': ['SUCCEEDED', 'FAILED', 'FAULT', 'STOPPED', 'TIMED_OUT'],
        },
      },
      targets: [new LambdaFunction(fn)],
    });
  }
}
