import { type Request, requestKey } from '../core/requests/request.ts';
import type { OwnPorts } from './host.ts';

/** On the bus first: a delivery that breaks off in between is asked for again, and never lost. */
export async function accept(
  { bus, deliveries }: Pick<OwnPorts, 'bus' | 'deliveries'>,
  deliveryId: string,
  requests: Request[],
): Promise<'claimed' | 'duplicate'> {
  if (await deliveries.isDone(deliveryId)) return 'duplicate';
  await bus.publish(requests.map((request) => ({ request, key: requestKey(request) })));
  await deliveries.markDone(deliveryId);
  return 'claimed';
}
