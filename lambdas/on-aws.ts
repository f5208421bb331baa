import { awsPorts } from './aws-ports.ts';
import { type HostOf, type HostPorts, readEnvironment } from './host.ts';
import { traceClient, tracedFetch } from './trace.ts';

/** Every port, each opened with its first call. */
export const onAws: HostOf<HostPorts> = async (log) => {
  const env = readEnvironment();
  return { env, ports: awsPorts({ env, log, onClient: traceClient, fetch: tracedFetch() }) };
};
