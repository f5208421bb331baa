import { createHmac, randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { repositoryShape } from './shapes/repository.ts';
import { DELIVERIES_KEPT, type DeliveryRow, type HookRow, type RepositoryRow } from './state.ts';
import { fullName, nextId, type World } from './world.ts';

/**
 * Seconds to wait before each attempt. GitHub tries once and waits ten seconds; the forge is kinder, so that a
 * server that is restarted a few times in a row misses nothing.
 */
const ATTEMPTS = [0, 0.25, 0.5, 1, 1, 2, 3, 5, 8];
const TIMEOUT = 10_000;

export interface Deliverer {
  deliver(repository: RepositoryRow, hook: HookRow, event: string, payload: unknown, guid?: string): void;
  /** Ends what is under way. */
  close(): Promise<void>;
}

/** Sends webhooks in the background, signed, and keeps what became of each. */
export function startDeliverer(world: World): Deliverer {
  const stopped = new AbortController();
  // Every delivery under way listens; there may be many.
  setMaxListeners(0, stopped.signal);
  const underway = new Set<Promise<void>>();
  return {
    deliver(repository, hook, event, payload, guid) {
      const row = newDelivery(world, repository, hook, event, payload, guid);
      const sending = send(world, hook, row, stopped.signal).finally(() => underway.delete(sending));
      underway.add(sending);
    },
    async close() {
      stopped.abort();
      await Promise.all(underway);
    },
  };
}

function newDelivery(
  world: World,
  repository: RepositoryRow,
  hook: HookRow,
  event: string,
  payload: unknown,
  guid?: string,
): DeliveryRow {
  const action = (payload as { action?: unknown }).action;
  const row: DeliveryRow = {
    id: nextId(world),
    hookId: hook.id,
    repository: fullName(repository),
    guid: guid ?? randomUUID(),
    event,
    action: typeof action === 'string' ? action : null,
    payload,
    deliveredAt: world.clock.now().toISOString(),
    redelivery: guid !== undefined,
    duration: 0,
    status: 'pending',
    statusCode: 0,
  };
  const { deliveries } = world.store.state;
  deliveries.push(row);
  deliveries.splice(0, Math.max(0, deliveries.length - DELIVERIES_KEPT));
  world.store.touch();
  return row;
}

async function send(world: World, hook: HookRow, row: DeliveryRow, stopped: AbortSignal): Promise<void> {
  const body = JSON.stringify(row.payload);
  const started = performance.now();
  for (const seconds of ATTEMPTS) {
    if (seconds > 0) await sleep(seconds * 1000, stopped);
    if (stopped.aborted) break;
    const answer = await attempt(hook, row, body, stopped);
    row.status = answer.status;
    row.statusCode = answer.code;
    if (answer.code > 0 && answer.code < 500) break;
  }
  row.duration = Math.round(performance.now() - started) / 1000;
  world.store.touch();
  if (!stopped.aborted) world.store.flush();
}

async function attempt(hook: HookRow, row: DeliveryRow, body: string, stopped: AbortSignal) {
  try {
    const answer = await fetch(hook.url, {
      method: 'POST',
      headers: headersOf(hook, row, body),
      body,
      redirect: 'manual',
      signal: AbortSignal.any([stopped, AbortSignal.timeout(TIMEOUT)]),
    });
    await answer.arrayBuffer();
    return { code: answer.status, status: answer.ok ? 'OK' : answer.statusText || 'failed' };
  } catch {
    return { code: 0, status: 'failed to connect to host' };
  }
}

/** What GitHub sends with a delivery; the signatures are over the very bytes of the body. */
export function headersOf(hook: { id: number; secret: string }, row: DeliveryRow, body: string) {
  const sign = (algorithm: string) => createHmac(algorithm, hook.secret).update(body).digest('hex');
  return {
    'content-type': 'application/json',
    'user-agent': 'GitHub-Hookshot/forge',
    'x-github-delivery': row.guid,
    'x-github-event': row.event,
    'x-github-hook-id': `${hook.id}`,
    'x-github-hook-installation-target-type': 'repository',
    'x-hub-signature': `sha1=${sign('sha1')}`,
    'x-hub-signature-256': `sha256=${sign('sha256')}`,
  };
}

function sleep(ms: number, stopped: AbortSignal): Promise<void> {
  return wait(ms, undefined, { signal: stopped }).catch(() => {});
}

/** `ping`, sent when a hook is made. */
export function pingPayload(world: World, repository: RepositoryRow, hook: HookRow) {
  return {
    zen: 'Keep it logically awesome.',
    hook_id: hook.id,
    hook: {
      type: 'Repository',
      id: hook.id,
      name: 'web',
      active: true,
      events: hook.events,
      config: { content_type: 'json', insecure_ssl: '0', url: hook.url },
      created_at: hook.createdAt,
      updated_at: hook.createdAt,
    },
    repository: repositoryShape(world, repository),
  };
}
