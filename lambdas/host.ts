import { z } from 'zod';
import type { EventBus } from '../adapters/aws/events/bus.ts';
import type { Deliveries } from '../adapters/aws/table/deliveries.ts';
import { Misconfigured } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Clock, Ports } from '../core/ports.ts';
import { type LambdaEnvironment, lambdaEnvironment } from './environment.ts';

/** What only hosts have. */
export interface OwnPorts {
  /** Repeating a key may deliver a request twice: the run's id makes it one. */
  bus: Pick<EventBus, 'publish'>;
  deliveries: Deliveries;
  webhookSecret: { get(): Promise<string> };
  /** What Slack signs with; null where there is no Slack, or no such secret: then every signature is a bad one. */
  slackSigning: { get(): Promise<string | null> };
  adminToken: { get(): Promise<string> };
}

export type HostPorts = Ports & OwnPorts;

export interface Host<P> {
  env: LambdaEnvironment;
  ports: P;
}

/** Makes what a function works with, once; a test hands over ports in memory. */
export type HostOf<P> = (log: Log) => Promise<Host<P>>;

export const systemClock: Clock = { now: () => new Date() };

/** Throws Misconfigured, naming each variable. */
export function readEnvironment(from: NodeJS.ProcessEnv = process.env): LambdaEnvironment {
  const parsed = lambdaEnvironment.safeParse(from);
  if (parsed.success) return parsed.data;
  throw new Misconfigured(
    `The environment of this function does not fit, deploy Cairn again:\n${z.prettifyError(parsed.error)}`,
  );
}
