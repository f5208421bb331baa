import { InvalidInput } from '../../core/errors.ts';
import type { FailedDelivery, Redelivery } from '../../core/ports.ts';
import type { Client } from './client.ts';

/** What a page of deliveries tells of one attempt. */
interface Attempt {
  id: number | bigint;
  guid: string;
  delivered_at: string;
  redelivery: boolean;
  status_code: number;
  event: string;
  repository_id: number | bigint | null;
}

/** GitHub's answer to a list: the Link header tells where it goes on. */
interface Page {
  data: Attempt[];
  headers: { link?: string | undefined };
}

/** Milliseconds. The list of an App is of all its repositories: those that are asked for together share it. */
const SHARED = 60_000;
const PER_PAGE = 100;

/** An App has one webhook of its own; by a token it is the repository's hooks that point at this Cairn. */
export function githubRedelivery(client: Client): Redelivery {
  return client.app === null ? ofRepository(client) : ofApp(client, client.app);
}

function ofApp(client: Client, request: NonNullable<Client['app']>): Redelivery {
  let known: { at: number; since: Date; attempts: Promise<Attempt[]> } | null = null;

  async function attemptsSince(since: Date): Promise<Attempt[]> {
    const now = client.options.clock.now().getTime();
    if (known === null || now - known.at >= SHARED || known.since > since) {
      const attempts = listed(since, (cursor) =>
        request('GET /app/hook/deliveries', { per_page: PER_PAGE, ...cursor }),
      );
      known = { at: now, since, attempts };
    }
    const shared = known;
    try {
      return await shared.attempts;
    } catch (error) {
      if (known === shared) known = null;
      throw error;
    }
  }

  return {
    async failed(repository, since) {
      const { request: onRepository, owner, repo } = await client.on(repository);
      const { id } = (await onRepository('GET /repos/{owner}/{repo}', { owner, repo })).data;
      const attempts = (await attemptsSince(since)).filter((attempt) => attempt.repository_id === id);
      return failures(attempts, since, ({ id: attempt }) => `${attempt}`);
    },
    async again(_repository, id) {
      if (!/^\d+$/.test(id)) throw new InvalidInput(`${id} is not a delivery of the App's webhook`);
      // Written into the path: an id may be larger than a number is exact for.
      await request(`POST /app/hook/deliveries/${id}/attempts`);
      // What was listed before does not know of this attempt.
      known = null;
    },
  };
}

function ofRepository(client: Client): Redelivery {
  return {
    async failed(repository, since) {
      const { request, owner, repo } = await client.on(repository);
      const found: FailedDelivery[] = [];
      for (const hook of await ownHooks(client, repository)) {
        const at = { owner, repo, hook_id: hook, per_page: PER_PAGE };
        const attempts = await listed(since, (cursor) =>
          request('GET /repos/{owner}/{repo}/hooks/{hook_id}/deliveries', { ...at, ...cursor }),
        );
        found.push(...failures(attempts, since, ({ id }) => `${hook}/${id}`));
      }
      return found.sort((a, b) => (a.at < b.at ? -1 : 1));
    },
    async again(repository, id) {
      const { request, owner, repo } = await client.on(repository);
      const [hook, delivery] = /^(\d+)\/(\d+)$/.exec(id)?.slice(1) ?? [];
      if (delivery === undefined) throw new InvalidInput(`${id} is not a delivery of a repository's hook`);
      const at = { owner, repo };
      await request(`POST /repos/{owner}/{repo}/hooks/${hook}/deliveries/${delivery}/attempts`, at);
    },
  };
}

/** Hooks of the repository that hand over to this Cairn: what others did not take is none of its business. */
async function ownHooks(client: Client, repository: string): Promise<number[]> {
  const own = client.options.webhookUrl?.() ?? null;
  if (own === null) return [];
  const { request, owner, repo } = await client.on(repository);
  const found: number[] = [];
  for (let page = 1; ; page++) {
    const at = { owner, repo, per_page: PER_PAGE, page };
    const { data } = await request('GET /repos/{owner}/{repo}/hooks', at);
    found.push(...data.filter((hook) => hook.active && hook.config.url === own).map(({ id }) => id));
    if (data.length < PER_PAGE) return found;
  }
}

/** Newest first, as GitHub gives them, until they are older than `since`. */
async function listed(since: Date, page: (cursor: { cursor?: string }) => Promise<Page>): Promise<Attempt[]> {
  const found: Attempt[] = [];
  let cursor: string | null = null;
  do {
    const { data, headers } = await page(cursor === null ? {} : { cursor });
    found.push(...data);
    const last = data.at(-1);
    if (last === undefined || new Date(last.delivered_at) < since) break;
    cursor = nextOf(headers.link);
  } while (cursor !== null);
  return found;
}

function nextOf(link: string | undefined): string | null {
  const next = /<([^>]+)>;\s*rel="next"/.exec(link ?? '')?.[1];
  return next === undefined ? null : new URL(next).searchParams.get('cursor');
}

/**
 * Deliveries that no attempt brought over, oldest first. Their age is that of the first attempt: else one that fails
 * again and again would never be given up.
 */
function failures(attempts: Attempt[], since: Date, idOf: (attempt: Attempt) => string): FailedDelivery[] {
  const byGuid = new Map<string, Attempt[]>();
  for (const attempt of attempts) byGuid.set(attempt.guid, [...(byGuid.get(attempt.guid) ?? []), attempt]);
  const found: FailedDelivery[] = [];
  for (const [guid, tried] of byGuid) {
    tried.sort((a, b) => (a.delivered_at < b.delivered_at ? -1 : 1));
    const [first, newest] = [tried.find(({ redelivery }) => !redelivery), tried.at(-1)];
    if (!first || !newest || new Date(first.delivered_at) < since || tried.some(isAccepted)) continue;
    const at = new Date(first.delivered_at).toISOString();
    found.push({ id: idOf(newest), guid, event: first.event, at });
  }
  return found.sort((a, b) => (a.at < b.at ? -1 : 1));
}

function isAccepted({ status_code: status }: Attempt): boolean {
  return status >= 200 && status < 300;
}
