import type { AwsClients } from './clients.ts';
import type { ClientOptions } from './settings.ts';

/** The same clients, each with its code loaded by the first call: an SDK client costs 10 ms and more of a cold start. */
type LazyClients = { readonly [Name in keyof AwsClients]: () => Promise<AwsClients[Name]> };

export function lazyClients(options: ClientOptions = {}): LazyClients {
  return {
    batch: once(async () => (await import('./batch.ts')).batchClient(options)),
    dynamodb: once(async () => (await import('./dynamodb.ts')).dynamodbClient(options)),
    events: once(async () => (await import('./events.ts')).eventsClient(options)),
    logs: once(async () => (await import('./logs.ts')).logsClient(options)),
    s3: once(async () => (await import('./s3.ts')).s3Client(options)),
    scheduler: once(async () => (await import('./scheduler.ts')).schedulerClient(options)),
    secrets: once(async () => (await import('./secrets.ts')).secretsClient(options)),
    states: once(async () => (await import('./states.ts')).statesClient(options)),
  };
}

/** Clients that were made already, for whoever asks lazily. */
export function madeClients(clients: AwsClients): LazyClients {
  return {
    batch: async () => clients.batch,
    dynamodb: async () => clients.dynamodb,
    events: async () => clients.events,
    logs: async () => clients.logs,
    s3: async () => clients.s3,
    scheduler: async () => clients.scheduler,
    secrets: async () => clients.secrets,
    states: async () => clients.states,
  };
}

/** One answer for all; a failure is forgotten, so that the next call tries again. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = null;
      throw error;
    });
    return made;
  };
}
