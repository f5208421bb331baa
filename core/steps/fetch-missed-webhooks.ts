import { z } from 'zod';
import { ForgeRefused, InvalidInput, NotFound } from '../errors.ts';
import type { FailedDelivery, Ports } from '../ports.ts';
import { repositoryName } from '../requests/request.ts';
import { step } from './step.ts';

const HOUR = 3_600_000;
/** GitHub forgets a delivery after three days. */
const WINDOW = 3 * 24 * HOUR;
/** In one turn: what was missed in a long outage comes in portions. */
const MOST = 100;

/**
 * Asks the forge again for webhooks that it could not hand over. Each of them once an hour at most, until it comes
 * or is too old. `failed` counts those that did not come, `asked` those that were asked for now, `gone` those that
 * the forge does not send any more; `refused` names repositories whose deliveries Cairn is not let see.
 */
export const fetchMissedWebhooks = step({
  input: z.object({ repositories: z.array(repositoryName) }),
  ports: ['clock', 'redelivery', 'sent'],
  async run({ repositories }, ports) {
    const now = ports.clock.now();
    const since = new Date(now.getTime() - WINDOW);
    const missed: Missed[] = [];
    const refused: string[] = [];
    for (const repository of repositories) {
      const failed = await failedOf(repository, since, ports);
      if (failed === null) refused.push(repository);
      else missed.push(...failed.map((delivery) => ({ repository, delivery })));
    }
    missed.sort((a, b) => (a.delivery.at < b.delivery.at ? -1 : 1));

    let asked = 0;
    let gone = 0;
    for (const one of missed) {
      if (asked + gone >= MOST) break;
      const key = `missed-webhook/${one.repository}/${one.delivery.guid}`;
      const before = await ports.sent.get(key);
      if (before && now.getTime() - before.order < HOUR) continue;
      if (await again(one, ports)) asked++;
      else gone++;
      await ports.sent.put(key, { id: one.delivery.id, order: now.getTime() });
    }
    return { failed: missed.length, asked, gone, refused };
  },
});

interface Missed {
  repository: string;
  delivery: FailedDelivery;
}

/** Null if Cairn may not see them: GitHub tells a token without the right that there are no hooks. */
async function failedOf(
  repository: string,
  since: Date,
  { redelivery }: Pick<Ports, 'redelivery'>,
): Promise<FailedDelivery[] | null> {
  try {
    return await redelivery.failed(repository, since);
  } catch (error) {
    if (error instanceof ForgeRefused || error instanceof NotFound) return null;
    throw error;
  }
}

/** False if the forge does not have it any more. */
async function again(
  { repository, delivery }: Missed,
  { redelivery }: Pick<Ports, 'redelivery'>,
): Promise<boolean> {
  try {
    await redelivery.again(repository, delivery.id);
    return true;
  } catch (error) {
    if (error instanceof NotFound || error instanceof InvalidInput) return false;
    throw error;
  }
}
