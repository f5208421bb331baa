import { type BatchClient, RegisterJobDefinitionCommand } from '@aws-sdk/client-batch';
import { CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CreateTableCommand, type CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { CreateEventBusCommand, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { CreateBucketCommand, PutBucketVersioningCommand } from '@aws-sdk/client-s3';
import { CreateScheduleGroupCommand } from '@aws-sdk/client-scheduler';
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { CreateStateMachineCommand } from '@aws-sdk/client-sfn';
import { CreateQueueCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { AwsClients } from '../../../adapters/aws/clients/clients.ts';
import { REGION } from './moto.ts';
import type { Resource } from './template.ts';

interface Provisioning {
  clients: AwsClients;
  sqs: SQSClient;
  /** Secret's name -> value. */
  secrets: Record<string, string>;
}

/** Makes in the emulator what the stacks would make, from the templates' own values. */
export async function provision(
  resources: readonly Resource[],
  { clients, sqs, secrets }: Provisioning,
): Promise<void> {
  const of = (...types: string[]) => resources.filter(({ type }) => types.includes(`${type}`));

  for (const { properties } of of('AWS::S3::Bucket')) {
    const Bucket = String(properties['BucketName']);
    await clients.s3.send(
      new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: REGION } }),
    );
    const VersioningConfiguration = { Status: 'Enabled' as const };
    await clients.s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
  }
  for (const { properties } of of('AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable')) {
    await clients.dynamodb.send(new CreateTableCommand(tableOf(properties)));
  }
  for (const { properties } of of('AWS::SecretsManager::Secret')) {
    const Name = String(properties['Name']);
    const SecretString = secrets[Name];
    if (SecretString === undefined) throw new Error(`the test gives no value for the secret ${Name}`);
    await clients.secrets.send(new CreateSecretCommand({ Name, SecretString }));
  }
  for (const { properties } of of('AWS::Logs::LogGroup')) {
    const logGroupName = properties['LogGroupName'];
    if (typeof logGroupName === 'string')
      await clients.logs.send(new CreateLogGroupCommand({ logGroupName }));
  }
  for (const { properties } of of('AWS::Events::EventBus')) {
    await clients.events.send(new CreateEventBusCommand({ Name: String(properties['Name']) }));
  }
  for (const { properties } of of('AWS::Scheduler::ScheduleGroup')) {
    await clients.scheduler.send(new CreateScheduleGroupCommand({ Name: String(properties['Name']) }));
  }
  // A dead-letter queue first: the other names it.
  const queues = of('AWS::SQS::Queue').sort((a, b) => Number(isFed(a)) - Number(isFed(b)));
  for (const { properties } of queues) await sqs.send(new CreateQueueCommand(queueOf(properties)));
  for (const { properties } of of('AWS::Events::Rule')) await putRule(properties, clients);
  for (const { properties } of of('AWS::StepFunctions::StateMachine')) {
    await clients.states.send(
      new CreateStateMachineCommand({
        name: String(properties['StateMachineName']),
        definition: definitionOf(properties),
        roleArn: String(properties['RoleArn']),
      }),
    );
  }
  for (const { properties } of of('AWS::Batch::JobDefinition')) {
    await registerJobDefinition(clients.batch, properties);
  }
}

/** The text of a state machine with its substitutions made. */
function definitionOf(properties: Record<string, unknown>): string {
  const text = properties['DefinitionString'] ?? JSON.stringify(properties['Definition']);
  const substitutions = (properties['DefinitionSubstitutions'] ?? {}) as Record<string, string>;
  return String(text).replace(/\$\{([A-Za-z0-9]+)\}/g, (whole, name: string) => substitutions[name] ?? whole);
}

function isFed({ properties }: Resource): boolean {
  return properties['RedrivePolicy'] !== undefined;
}

function tableOf(properties: Record<string, unknown>): CreateTableCommandInput {
  const indexes = properties['GlobalSecondaryIndexes'] as
    | CreateTableCommandInput['GlobalSecondaryIndexes']
    | undefined;
  return {
    TableName: String(properties['TableName']),
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: properties['KeySchema'] as CreateTableCommandInput['KeySchema'],
    AttributeDefinitions: properties[
      'AttributeDefinitions'
    ] as CreateTableCommandInput['AttributeDefinitions'],
    ...(indexes
      ? {
          GlobalSecondaryIndexes: indexes.map(({ IndexName, KeySchema, Projection }) => ({
            IndexName,
            KeySchema,
            Projection,
          })),
        }
      : {}),
  };
}

function queueOf(properties: Record<string, unknown>) {
  const { RedrivePolicy, VisibilityTimeout } = properties;
  return {
    QueueName: String(properties['QueueName']),
    Attributes: {
      ...(RedrivePolicy ? { RedrivePolicy: JSON.stringify(RedrivePolicy) } : {}),
      ...(VisibilityTimeout === undefined ? {} : { VisibilityTimeout: String(VisibilityTimeout) }),
    },
  };
}

async function putRule(properties: Record<string, unknown>, { events }: AwsClients): Promise<void> {
  const Name = String(properties['Name']);
  const EventBusName = (properties['EventBusName'] as string | undefined) ?? 'default';
  const EventPattern = JSON.stringify(properties['EventPattern']);
  await events.send(new PutRuleCommand({ Name, EventBusName, EventPattern, State: 'ENABLED' }));
  const targets = properties['Targets'] as { Id: string; Arn: string }[];
  const Targets = targets.map(({ Id, Arn }) => ({ Id, Arn }));
  await events.send(new PutTargetsCommand({ Rule: Name, EventBusName, Targets }));
}

/** CloudFormation writes `JobDefinitionName` where the API writes `jobDefinitionName`. */
async function registerJobDefinition(batch: BatchClient, properties: Record<string, unknown>): Promise<void> {
  const { tags: _, ...input } = lower(properties) as Record<string, unknown>;
  await batch.send(new RegisterJobDefinitionCommand(input as never));
}

function lower(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lower);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const name = key[0]?.toLowerCase() + key.slice(1);
      // Options of a log driver are the user's own names.
      return [name, name === 'options' || name === 'tags' ? item : lower(item)];
    }),
  );
}
