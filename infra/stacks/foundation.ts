import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { type IRepository, Repository, TagMutability, TagStatus } from 'aws-cdk-lib/aws-ecr';
import { EventBus, type IEventBus } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { type ILogGroup, LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { CairnBucket } from '../constructs/bucket.ts';
import { emptySecret, randomSecret } from '../constructs/secrets.ts';
import { cairnTable } from '../constructs/table.ts';
import type { CairnStackProps, Foundation } from '../context.ts';
import { BUS, bucketName, IMAGES, JOB_LOGS, KEY_ALIAS, SECRETS, TABLE } from '../names.ts';
import { arns } from '../permissions/world.ts';
import { artifactRules, STATE_RULES } from '../retention.ts';

/** What is kept: it outlives the stack, and the next installation in this account and region. */
export class FoundationStack extends Stack implements Foundation {
  readonly key: IKey;
  readonly artifacts: IBucket;
  readonly states: IBucket;
  readonly table: ITable;
  readonly bus: IEventBus;
  readonly secrets: Foundation['secrets'];
  readonly jobLogs: ILogGroup;
  readonly repositories: { executor: IRepository; lambda: IRepository };

  constructor(scope: Construct, id: string, props: CairnStackProps) {
    super(scope, id, { ...props, description: 'Cairn: what it keeps' });
    const { config } = props;
    const place = { account: this.account, region: this.region };

    this.key = new Key(this, 'Key', {
      alias: KEY_ALIAS,
      description: "Cairn's artifacts, states and secrets",
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    // CDK's own types leave out what `exactOptionalPropertyTypes` asks for, hence `as` its interfaces.
    this.artifacts = new CairnBucket(this, 'Artifacts', {
      bucketName: bucketName('artifacts', place),
      key: this.key,
      lifecycleRules: artifactRules(config),
    }) as IBucket;
    this.states = new CairnBucket(this, 'States', {
      bucketName: bucketName('states', place),
      key: this.key,
      lifecycleRules: STATE_RULES,
    }) as IBucket;
    this.table = cairnTable(this, 'Table', TABLE);
    this.bus = new EventBus(this, 'Bus', {
      eventBusName: BUS,
      description: 'Requests and status of Cairn',
    }) as IEventBus;
    this.secrets = this.makeSecrets(config.slack);
    this.jobLogs = new LogGroup(this, 'JobLogs', {
      logGroupName: JOB_LOGS,
      retention: config.retention.logs,
      // Logs outlive nothing: a new installation would find the name taken.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.repositories = {
      executor: imageRepository(this, 'ExecutorImages', IMAGES.executor),
      lambda: imageRepository(this, 'LambdaImages', IMAGES.lambda),
    };
    letFunctionsPull(this.repositories.lambda);
  }

  private makeSecrets(slack: boolean): Foundation['secrets'] {
    const { key } = this;
    return {
      github: emptySecret(this, 'GithubSecret', {
        name: SECRETS.github,
        key,
        description: 'The GitHub App: {"appId": "...", "privateKey": "..."}',
      }),
      webhook: randomSecret(this, 'WebhookSecret', {
        name: SECRETS.webhook,
        key,
        description: 'Secret that GitHub signs webhooks with',
      }),
      masterKey: randomSecret(this, 'MasterKey', {
        name: SECRETS.masterKey,
        key,
        description: 'What the keys of runs are derived from',
      }),
      adminToken: randomSecret(this, 'AdminToken', {
        name: SECRETS.adminToken,
        key,
        description: 'Token that acts as operator',
      }),
      slack: slack
        ? emptySecret(this, 'SlackSecret', {
            name: SECRETS.slack,
            key,
            description: 'The Slack App: {"botToken": "...", "signingSecret": "..."}',
          })
        : null,
    };
  }
}

/** A tag is made once and stays: runs that are under way, and records, name it. */
function imageRepository(scope: Construct, id: string, repositoryName: string): IRepository {
  return new Repository(scope, id, {
    repositoryName,
    imageScanOnPush: true,
    imageTagMutability: TagMutability.IMMUTABLE,
    lifecycleRules: [
      {
        description: 'What a failed build left',
        tagStatus: TagStatus.UNTAGGED,
        maxImageAge: Duration.days(7),
      },
    ],
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
}

/** Lambda fetches a function's image in its own name, again each time it was not used for some weeks. */
function letFunctionsPull(repository: IRepository): void {
  repository.addToResourcePolicy(
    new PolicyStatement({
      sid: 'Functions',
      principals: [new ServicePrincipal('lambda.amazonaws.com')],
      actions: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
      conditions: { StringLike: { 'aws:SourceArn': arns(repository).functionArn('*') } },
    }),
  );
}
