import type { PortName } from '../../../core/steps/step.ts';
import type { MemoryPorts } from './index.ts';

/** The same ports, noting in `seen` which of them are touched. */
export function watched(ports: MemoryPorts, seen: Set<PortName>): MemoryPorts {
  return new Proxy(ports, {
    get(target, key, receiver) {
      seen.add(key as PortName);
      return Reflect.get(target, key, receiver);
    },
  });
}
