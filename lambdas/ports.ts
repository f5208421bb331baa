import type { Ports } from '../core/ports.ts';

/** What needs no permission: it touches nothing outside, or is part of the function itself. */
export const FREE = ['binaries', 'sizes', 'isolated', 'links', 'hcl', 'archives', 'clock', 'trace'] as const;

/** What a function may touch: core's ports, and what only hosts have. */
export type PortName =
  | Exclude<keyof Ports, (typeof FREE)[number]>
  | 'bus'
  | 'deliveries'
  | 'webhookSecret'
  | 'adminToken';

/** Ports of the functions that are no step. Apart from the table, which imports every step: bundles read this. */
export const OWN_PORTS = {
  SinkGithub: ['runs', 'artifacts', 'reports', 'sent', 'pulls'],
  SinkSlack: ['runs', 'artifacts', 'sent', 'chat'],
  // Whoever reaches it is a stranger until the signature fits: it holds no credential of GitHub.
  Webhook: ['bus', 'deliveries', 'webhookSecret'],
  /** Besides those of RouteRequest, which it runs inside. */
  Api: ['runs', 'artifacts', 'locks', 'approvals', 'jobs', 'source', 'pulls', 'git', 'people', 'adminToken'],
} as const satisfies Record<string, readonly PortName[]>;

/** Of a step's ports those that need a permission. */
export function guardedPorts(ports: readonly (keyof Ports)[]): PortName[] {
  return ports.filter((port) => !(FREE as readonly string[]).includes(port)) as PortName[];
}
