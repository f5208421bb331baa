import type { Ports } from '../../core/ports.ts';

/** What needs no permission: it touches nothing outside, or is part of the function itself. */
export const FREE = [
  'binaries',
  'sizes',
  'ephemeralHosts',
  'isolated',
  'links',
  'hcl',
  'archives',
  'clock',
  'trace',
] as const;

/** What a function may touch, and needs permissions for: core's ports, and what only hosts have. */
export type PortName =
  | Exclude<keyof Ports, (typeof FREE)[number]>
  | 'bus'
  | 'deliveries'
  | 'webhookSecret'
  | 'slackSigning'
  | 'adminToken';
