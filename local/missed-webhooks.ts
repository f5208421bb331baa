import type { Log } from '../core/log.ts';
import type { Ports } from '../core/ports.ts';
import { STEPS } from '../core/steps/index.ts';

/** A look at what the forge could not hand over; says once of each repository that Cairn is not let look. */
export function missedWebhooks(repositories: string[], ports: Ports, log: Log): () => Promise<void> {
  const told = new Set<string>();
  return async () => {
    const { asked, refused } = await STEPS.FetchMissedWebhooks.run({ repositories }, ports);
    if (typeof asked === 'number' && asked > 0)
      log('info', 'webhooks that never came were asked for', { asked });
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
