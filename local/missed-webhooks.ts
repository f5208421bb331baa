import type { Log } from '../core/log.ts';
import type { Ports } from '../core/ports.ts';
import { STEPS } from '../core/steps/index.ts';

/** A look at what the forge could not hand over; says once of each repository that Cairn is not let look. */
export function missedWebhooks(repositories: string[], ports: Ports, log: Log): () => Promise<void> {
  const told = new Set<string>();
  return async () => {
    const { asked, gone, stale, refused } = await STEPS.FetchMissedWebhooks.run({ repositories }, ports);
    const all = { asked, gone, stale };
    if (Object.values(all).some((count) => count !== 0))
      log('info', 'webhooks that never came were asked for', all);
    for (const repository of Array.isArray(refused) ? refused : []) {
      if (told.has(repository)) continue;
      told.add(repository);
      log('warn', 'webhooks that never came cannot be fetched', {
        repository,
        help: 'give the token the permission Webhooks: write, or use a GitHub App',
      });
    }
  };
}
