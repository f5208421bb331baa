import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ApiHost, HistoryLine } from '../../api/host.ts';
import type { Request as CairnRequest } from '../../core/requests/request.ts';
import { type MemoryPorts, memoryPorts } from '../support/fakes/index.ts';

export const SECRET = 'a webhook secret of more than 32 characters';
export const ADMIN = 'admin-token-of-a-test-with-many-characters';

export interface TestHost extends ApiHost {
  ports: MemoryPorts;
  /** What was put on the bus, by delivery. */
  accepted: Map<string, CairnRequest[]>;
  /** What was asked through the API. */
  asked: CairnRequest[];
  logged: { level: string; message: string; fields: Record<string, unknown> }[];
  histories: Map<string, HistoryLine[]>;
}

/** A host in memory: real ports of the tests, a real HMAC, a bus that remembers deliveries. */
export function testHost(overrides: Partial<ApiHost> = {}): TestHost {
  const accepted: TestHost['accepted'] = new Map();
  const asked: TestHost['asked'] = [];
  const logged: TestHost['logged'] = [];
  const histories: TestHost['histories'] = new Map();
  return {
    verifySignature: async (body, signature) => signature !== null && same(signature, sign(body)),
    adminToken: ADMIN,
    slackSigning: async () => null,
    repositories: ['acme/shop'],
    self: 'cairn[bot]',
    async accept(deliveryId, requests) {
      if (accepted.has(deliveryId)) return 'duplicate';
      accepted.set(deliveryId, requests);
      return 'claimed';
    },
    async request(request) {
      asked.push(request);
      return { started: ['0123456789abcdef0123'] };
    },
    history: async (runId) => histories.get(runId) ?? [],
    pages: 'open',
    log: (level, message, fields) => void logged.push({ level, message, fields }),
    health: async () => ({ engine: 'running' }),
    ...overrides,
    ports: (overrides.ports as MemoryPorts | undefined) ?? memoryPorts(),
    accepted,
    asked,
    logged,
    histories,
  };
}

export function sign(body: string, secret = SECRET): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

function same(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
