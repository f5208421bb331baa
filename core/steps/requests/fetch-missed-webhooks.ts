import { z } from 'zod';
import { ForgeRefused, InvalidInput, NotFound } from '../../errors.ts';
import type { FailedDelivery, Ports } from '../../ports.ts';
import { repositoryName } from '../../requests/request.ts';
import { step } from '../step.ts';

const HOUR = 3_600_000;
/** GitHub forgets a delivery after three days. */
const WINDOW = 3 * 24 * HOUR;
/** In one turn: what was missed in a long outage comes in portions. */
const MOST = 100;
/** Between two looks at all of it: a busy App has hundreds of pages. Then it is enough to see what came since. */
const WHOLE = HOUR;
/** A delivery is listed when its attempt is over, some seconds after it began. */
const OVERLAP = HOUR / 4;
/** Whoever wrote `/cairn …` and saw no answer has found another way by then, and would be surprised. */
const STALE_COMMENT = 4 * HOUR;
const LOOKED = 'missed-webhooks/looked';

/**
 * Asks the forge again for webhooks that it could not hand over. Each of them once an hour at most, until it comes
 * or is too old. `failed` counts those that did not come and were seen now, `asked` those that were asked for, `gone`
 * those that the forge does not send any more, `stale` comments that are too old to be acted upon, each of them once;
 * `refused` names repositories whose deliveries Cairn is not let see, or not let ask for.
 */
export const fetchMissedWebhooks = step({
  input: z.object({ repositories: z.array(repositoryName) }),
  ports: ['clock', 'redelivery', 'sent'],
  async run({ repositories }, ports) {
    const now = ports.clock.now();
    const { since, isWhole } = await window(now, ports);
    const missed: Missed[] = [];
    const refused: string[] = [];
    for (const repository of repositories) {
      const failed = await failedOf(repository, since, ports);
      if (failed === null) refused.push(repository);
      else missed.push(...failed.map((delivery) => ({ repository, delivery })));
    }
    missed.sort((a, b) => (a.delivery.at < b.delivery.at ? -1 : 1));

    const counts = { asked: 0, gone: 0, stale: 0 };
    let isAll = true;
    for (const one of missed) {
      if (counts.asked + counts.gone >= MOST) {
        isAll = false;
        break;
      }
      const key = `missed-webhook/${one.repository}/${one.delivery.guid}`;
      const before = await ports.sent.get(key);
      if (before && (before.id === STALE || now.getTime() - before.order < HOUR)) continue;
      if (refused.includes(one.repository)) continue;
      const what = isStale(one, now) ? 'stale' : await again(one, ports);
      if (what === 'refused') {
        refused.push(one.repository);
        continue;
      }
      counts[what]++;
      await ports.sent.put(key, { id: what === 'stale' ? STALE : one.delivery.id, order: now.getTime() });
    }
    // What was left for the next turn must be seen by it.
    if (isWhole && isAll) await ports.sent.put(LOOKED, { id: LOOKED, order: now.getTime() });
    return { failed: missed.length, ...counts, refused };
  },
});

/** No delivery has this id: they are numbers. */
const STALE = 'stale';

function isStale({ delivery }: Missed, now: Date): boolean {
  return delivery.event === 'issue_comment' && now.getTime() - Date.parse(delivery.at) > STALE_COMMENT;
}

/** All that the forge remembers, or what came since that was looked at. */
async function window(now: Date, { sent }: Pick<Ports, 'sent'>): Promise<{ since: Date; isWhole: boolean }> {
  const looked = await sent.get(LOOKED);
  if (!looked || now.getTime() - looked.order >= WHOLE) {
    return { since: new Date(now.getTime() - WINDOW), isWhole: true };
  }
  return { since: new Date(looked.order - OVERLAP), isWhole: false };
}

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

/** Gone: the forge does not have it any more. Refused: Cairn may see them, and not ask for them. */
async function again(
  { repository, delivery }: Missed,
  { redelivery }: Pick<Ports, 'redelivery'>,
): Promise<'asked' | 'gone' | 'refused'> {
  try {
    await redelivery.again(repository, delivery.id);
    return 'asked';
  } catch (error) {
    if (error instanceof NotFound || error instanceof InvalidInput) return 'gone';
    if (error instanceof ForgeRefused) return 'refused';
    throw error;
  }
}
