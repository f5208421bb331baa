import type { BatchClient } from '@aws-sdk/client-batch';
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SchedulerClient } from '@aws-sdk/client-scheduler';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SFNClient } from '@aws-sdk/client-sfn';
import { batchClient } from './batch.ts';
import { dynamodbClient } from './dynamodb.ts';
import { eventsClient } from './events.ts';
import { logsClient } from './logs.ts';
import { s3Client } from './s3.ts';
import { schedulerClient } from './scheduler.ts';
import { secretsClient } from './secrets.ts';
import type { ClientOptions } from './settings.ts';
import { statesClient } from './states.ts';

export interface AwsClients {
  readonly batch: BatchClient;
  readonly dynamodb: DynamoDBClient;
  readonly events: EventBridgeClient;
  readonly logs: CloudWatchLogsClient;
  readonly s3: S3Client;
  readonly scheduler: SchedulerClient;
  readonly secrets: SecretsManagerClient;
  readonly states: SFNClient;
}

/**
 * Clients are made when they are first asked for. This file loads the code of all of them; functions load only
 * those that they use (lazy-clients.ts).
 */
export function awsClients(options: ClientOptions = {}): AwsClients {
  const made = new Map<string, unknown>();
  const once = <C>(name: string, make: (options: ClientOptions) => C): C => {
    if (!made.has(name)) made.set(name, make(options));
    return made.get(name) as C;
  };
  return {
    get batch() {
      return once('batch', batchClient);
    },
    get dynamodb() {
      return once('dynamodb', dynamodbClient);
    },
    get events() {
      return once('events', eventsClient);
    },
    get logs() {
      return once('logs', logsClient);
    },
    get s3() {
      return once('s3', s3Client);
    },
    get scheduler() {
      return once('scheduler', schedulerClient);
    },
    get secrets() {
      return once('secrets', secretsClient);
    },
    get states() {
      return once('states', statesClient);
    },
  };
}
