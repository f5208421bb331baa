import type { Log } from '../core/log.ts';
import type { Ports } from '../core/ports.ts';
import type { Request } from '../core/requests/request.ts';

/** A line of what the engine did in a run. `at` is ISO 8601, UTC. */
export interface HistoryLine {
  state: string;
  at: string;
  what: string;
}

/** What the webhook alone needs. */
export interface WebhookHost {
  /** HMAC of the raw body under the webhook's secret, compared in constant time; `sha256=…` only. */
  verifySignature(body: string, signature: string | null): Promise<boolean>;
  /** `owner/name` of every repository that is watched. */
  repositories: string[];
  /** Cairn's own login on the forge: what it does itself asks for nothing. */
  self: string | null;
  /** Puts what a delivery asks for on the bus and marks the delivery done: never done without the bus. */
  accept(deliveryId: string, requests: Request[]): Promise<'claimed' | 'duplicate'>;
  log: Log;
}

/** What the HTTP app needs of whoever hosts it: one process on one machine, or a Lambda. */
export interface ApiHost extends WebhookHost {
  ports: Ports;
  /** Acts as the login `operator`. */
  adminToken: string;
  /** What Slack signs clicks with; null: there are no buttons. */
  slackSigning(): Promise<string | null>;
  /** Does what the API was asked, at once, and answers what came of it (the step `RouteRequest`). */
  request(request: Request): Promise<Record<string, unknown>>;
  /** What the engine did in a run, oldest first; empty if it knows nothing of it. */
  history(runId: string): Promise<HistoryLine[]>;
  /** `open`: anybody who reaches the server may read pages; only where it listens on loopback. */
  pages: 'open' | 'token';
  /** Milliseconds after which a stream of events ends and its reader asks again. Default: 14 minutes. */
  longestFollow?: number;
  health(): Promise<Record<string, unknown>>;
}
