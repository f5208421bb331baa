import type { Ports } from '../core/ports.ts';

/** What a function may touch: core's ports, and what only hosts have. */
export type PortName =
  | Exclude<keyof Ports, 'binaries' | 'sizes' | 'isolated' | 'links' | 'hcl' | 'archives' | 'clock' | 'trace'>
  | 'bus'
  | 'deliveries'
  | 'webhookSecret'
  | 'adminToken';

/** Queues between the bus and functions, each with a dead-letter queue of its own. */
export type QueueName = 'requests' | 'ended' | 'github' | 'slack';

export type Trigger =
  /** A state of a workflow: `${Name}` in workflows/. */
  | { kind: 'workflow' }
  | { kind: 'queue'; queue: QueueName }
  /** EventBridge Scheduler, with this input. */
  | { kind: 'schedule'; minutes: number }
  | { kind: 'http'; routes: string[] };

export interface FunctionSpec {
  /** CMD of the image, `<bundle>.<export>`. */
  command: string;
  ports: readonly PortName[];
  trigger: Trigger;
  /** MB. */
  memory: number;
  /** Seconds. */
  timeout: number;
}
