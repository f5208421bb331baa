import { FREE } from '../adapters/aws/port-names.ts';

/**
 * The ports, of which only the function's own can be reached. What it may do on AWS follows from their names: here
 * it shows in a test, there it would be an AccessDenied at night.
 */
export function guarded<P extends object>(name: string, own: readonly string[], ports: P): P {
  const allowed = new Set<string>([...FREE, ...own]);
  return new Proxy(ports, {
    get(target, key, receiver) {
      if (typeof key === 'symbol' || allowed.has(key)) return Reflect.get(target, key, receiver);
      throw new PortNotGranted(name, key, own);
    },
    ownKeys: (target) => Reflect.ownKeys(target).filter((key) => typeof key === 'symbol' || allowed.has(key)),
  });
}

/** A defect of Cairn, not of anybody's input. */
class PortNotGranted extends Error {
  constructor(name: string, port: string, own: readonly string[]) {
    super(
      `${name} touched the port ${port}, which lambdas/functions.ts does not give it (it has ${own.join(', ')}): name it among the ports of the step, or of the function.`,
    );
    this.name = 'PortNotGranted';
  }
}
