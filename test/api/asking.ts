import { beforeEach } from 'vitest';
import { createApp } from '../../api/app.ts';
import { memoryPorts } from '../support/fakes/index.ts';
import { fakePeople } from '../support/fakes/sinks.ts';
import { ADMIN, type TestHost, testHost } from './host.ts';

/** A host in memory that is asked by HTTP: new for each test. alice may write, rita may read. */
interface Asking {
  host: TestHost;
  get(path: string, token?: string | null): Promise<Response>;
  /** The body of what `operator` gets. */
  read<T = Record<string, unknown>>(path: string): Promise<T>;
  ask(body: unknown, token?: string, headers?: Record<string, string>): Promise<Response>;
}

export function asking(): Asking {
  const on = {
    async get(path, token = ADMIN) {
      const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
      return createApp(on.host).request(`/api/v1${path}`, { headers });
    },
    read: async (path) => (await on.get(path)).json(),
    async ask(body, token = ADMIN, headers = {}) {
      return createApp(on.host).request('/api/v1/requests', {
        method: 'POST',
        body: typeof body === 'string' ? body : JSON.stringify(body),
        headers: { authorization: `Bearer ${token}`, ...headers },
      });
    },
  } as Asking;

  beforeEach(() => {
    const whoIs = async (token: string) => (token.startsWith('gh-') ? token.slice(3) : null);
    const people = { ...fakePeople({ alice: 'write', rita: 'read' }), whoIs };
    on.host = testHost({ ports: memoryPorts({ people }) });
  });
  return on;
}
