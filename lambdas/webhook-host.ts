import { dynamodbClient } from '../adapters/aws/clients/dynamodb.ts';
import { eventsClient } from '../adapters/aws/clients/events.ts';
import { secretsClient } from '../adapters/aws/clients/secrets.ts';
import { eventBus } from '../adapters/aws/events/bus.ts';
import { secretValue } from '../adapters/aws/secrets/secret-value.ts';
import { cachedSecrets } from '../adapters/aws/secrets/secrets.ts';
import { dynamodbDeliveries } from '../adapters/aws/table/deliveries.ts';
import { dynamodbItems } from '../adapters/aws/table/items.ts';
import { type HostOf, type OwnPorts, readEnvironment, systemClock } from './host.ts';
import { traceClient } from './trace.ts';

export type WebhookPorts = Pick<OwnPorts, 'bus' | 'deliveries' | 'webhookSecret'>;

/**
 * The webhook's three ports. Not `awsPorts`: what it does not need is not in its bundle, and what it needs is
 * loaded as it starts, when a function has a whole processor, and not while GitHub waits.
 */
export const onAws: HostOf<WebhookPorts> = async () => {
  const env = readEnvironment();
  const options = { onClient: traceClient };
  const secretsManager = secretsClient(options);
  const secrets = cachedSecrets((reference) => secretValue(secretsManager, reference), systemClock);
  return {
    env,
    ports: {
      bus: eventBus(eventsClient(options), env.CAIRN_BUS),
      deliveries: dynamodbDeliveries(dynamodbItems(dynamodbClient(options), env.CAIRN_TABLE), systemClock),
      webhookSecret: { get: async () => (await secrets.get(env.CAIRN_WEBHOOK_SECRET)).trim() },
    },
  };
};
