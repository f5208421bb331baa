import type { Environment, StackProps } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { ISecurityGroup, ISubnet, IVpc } from 'aws-cdk-lib/aws-ec2';
import type { IRepository } from 'aws-cdk-lib/aws-ecr';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { QueueName } from '../lambdas/functions.ts';
import type { InfraConfig, RepositoryConfig } from './config/config.ts';

/**
 * What flows from stack to stack. Each stack is what it hands on (`class FoundationStack implements Foundation`),
 * and takes what it needs as a property. What may change from one deployment to the next (an image's tag) is a
 * plain text that is known at synth: CloudFormation refuses to change an export that another stack imports.
 */
export interface Foundation {
  artifacts: IBucket;
  /** States that Cairn keeps. Its objects and the artifacts are encrypted with `key`. */
  states: IBucket;
  key: IKey;
  table: ITable;
  bus: IEventBus;
  secrets: {
    github: ISecret;
    webhook: ISecret;
    masterKey: ISecret;
    adminToken: ISecret;
    /** Null if the operator has no Slack. */
    slack: ISecret | null;
  };
  /** Log group of all jobs, those of CodeBuild included. */
  jobLogs: ILogGroup;
  repositories: { executor: IRepository; lambda: IRepository };
}

export interface Network {
  vpc: IVpc;
  subnets: ISubnet[];
  securityGroups: ISecurityGroup[];
  /** Jobs in a public subnet reach nothing without one. */
  publicIp: boolean;
}

export interface Image {
  repository: IRepository;
  /** Hash of what it is made of: a plain text. */
  tag: string;
  /** `ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME:TAG`. */
  uri: string;
}

/** A stack that uses an image comes after this one (`addStackDependency`): then it is built when it is needed. */
export interface Images {
  executor: Image;
  lambda: Image;
}

export interface Pipeline {
  /** By the name in lambdas/functions.ts; physical name `cairn-<Name>`. */
  functions: Record<string, IFunction>;
  /** By workflow: `plan`, `deploy`. */
  stateMachines: Record<string, IStateMachine>;
  queues: Partial<Record<QueueName, IQueue>>;
  deadLetters: Partial<Record<QueueName, IQueue>>;
  api: {
    id: string;
    /** Without a trailing slash. */
    url: string;
    /** `<url>/webhook`: what GitHub is told. */
    webhookUrl: string;
    stage: string;
  };
}

/** What every stack gets. */
export interface CairnStackProps extends StackProps {
  config: InfraConfig;
  env: Environment;
}

export interface ImagesProps extends CairnStackProps {
  /** Folders that the images are made of, each with its Dockerfile: `buildImageContexts()` of scripts/build.ts. */
  contexts: { executor: string; lambda: string };
}

export interface JobsProps extends CairnStackProps {
  repository: RepositoryConfig;
  foundation: Foundation;
  network: Network;
  images: Images;
}

export interface PipelineProps extends CairnStackProps {
  foundation: Foundation;
  network: Network;
  images: Images;
}

export interface ObservabilityProps extends CairnStackProps {
  foundation: Foundation;
  pipeline: Pipeline;
}
