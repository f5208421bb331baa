import { BatchClient } from '@aws-sdk/client-batch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SFNClient } from '@aws-sdk/client-sfn';

/** Told of each call before it is sent: service as IAM names it, and the API's operation. */
export type Watch = (service: string, operation: string) => void;

export interface ClientOptions {
  /** Of an emulator; the region's own if absent. `AWS_ENDPOINT_URL` works as well. */
  endpoint?: string;
  region?: string;
  watch?: Watch;
}

/** Clients are made when they are first asked for: a function pays for those that it uses. */
export interface AwsClients {
  readonly batch: BatchClient;
  readonly dynamodb: DynamoDBClient;
  readonly events: EventBridgeClient;
  readonly logs: CloudWatchLogsClient;
  readonly s3: S3Client;
  readonly secrets: SecretsManagerClient;
  readonly states: SFNClient;
}

export function awsClients(options: ClientOptions = {}): AwsClients {
  const { endpoint = process.env['AWS_ENDPOINT_URL'], region } = options;
  const shared = { ...(endpoint ? { endpoint } : {}), ...(region ? { region } : {}), maxAttempts: 5 };
  const made = new Map<string, unknown>();
  const once = <C>(service: string, make: () => C): C => {
    const known = made.get(service) as C | undefined;
    if (known) return known;
    const client = make();
    if (options.watch) watchCalls(client as Watched, service, options.watch);
    made.set(service, client);
    return client;
  };
  return {
    get batch() {
      return once('batch', () => new BatchClient(shared));
    },
    get dynamodb() {
      return once('dynamodb', () => new DynamoDBClient(shared));
    },
    get events() {
      return once('events', () => new EventBridgeClient(shared));
    },
    get logs() {
      return once('logs', () => new CloudWatchLogsClient(shared));
    },
    get s3() {
      // An emulator has no host name per bucket.
      return once('s3', () => new S3Client({ ...shared, forcePathStyle: Boolean(endpoint) }));
    },
    get secrets() {
      return once('secretsmanager', () => new SecretsManagerClient(shared));
    },
    get states() {
      return once('states', () => new SFNClient({ ...shared, disableHostPrefix: Boolean(endpoint) }));
    },
  };
}

/** The part of a client that is used here, the same for all of them. */
interface Watched {
  middlewareStack: {
    add(
      middleware: (
        next: (args: never) => Promise<never>,
        context: { commandName?: string },
      ) => (args: never) => Promise<never>,
      options: { step: 'initialize'; name: string; override: true },
    ): void;
  };
}

function watchCalls(client: Watched, service: string, watch: Watch): void {
  client.middlewareStack.add(
    (next, context) => (args) => {
      watch(service, (context.commandName ?? '').replace(/Command$/, ''));
      return next(args);
    },
    { step: 'initialize', name: 'watch', override: true },
  );
}
