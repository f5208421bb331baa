import { FREE, type PortName } from '../adapters/aws/port-names.ts';
import type { Ports } from '../core/ports.ts';
import type { HostPorts } from './host.ts';

/** Ports of the functions that are no step. Apart from the table, which imports every step: bundles read this. */
export const OWN_PORTS = {
  SinkGithub: ['runs', 'artifacts', 'reports', 'sent', 'pulls', 'ephemerals'],
  // It reads the channel from `cairn.yaml` where a run ended before it had a document.
  SinkSlack: ['runs', 'artifacts', 'sent', 'chat', 'source'],
  // Whoever reaches it is a stranger until the signature fits: it holds no credential of GitHub.
  Webhook: ['bus', 'deliveries', 'webhookSecret'],
  /** Besides those of RouteRequest, which it runs inside. */
  Api: [
    'runs',
    'artifacts',
    'locks',
    'approvals',
    'jobs',
    'source',
    'pulls',
    'git',
    'people',
    // Clicks in Slack go on the bus, as webhooks do.
    'bus',
    'deliveries',
    'slackSigning',
    'adminToken',
  ],
} as const satisfies Record<string, readonly PortName[]>;

/** What the work of such a function is given: the compiler refuses a port that its list lacks. */
export type Own<Name extends keyof typeof OWN_PORTS> = Pick<
  HostPorts,
  (typeof OWN_PORTS)[Name][number] | (typeof FREE)[number]
>;

/** Of a step's ports those that need a permission. */
export function guardedPorts(ports: readonly (keyof Ports)[]): PortName[] {
  return ports.filter((port) => !(FREE as readonly string[]).includes(port)) as PortName[];
}
