type Method = (...args: never[]) => Promise<unknown>;

/**
 * A port whose implementation is opened with its first call: a function pays for the ports that it uses.
 * `methods` names them all, which the compiler checks.
 */
export function lazyPort<P extends { [Name in keyof P]: Method }>(
  methods: Readonly<Record<keyof P, true>>,
  open: () => Promise<P>,
): P {
  return callsOf(methods, async (call) => call(await open()));
}

/** A port whose every call goes through `around`, which says on what implementation, and what if it fails. */
export function callsOf<P extends { [Name in keyof P]: Method }>(
  methods: Readonly<Record<keyof P, true>>,
  around: (call: (port: P) => Promise<unknown>) => Promise<unknown>,
): P {
  const names = Object.keys(methods) as (keyof P)[];
  const made = names.map((name) => {
    const method = (...args: never[]) => around((port) => port[name](...args));
    return [name, method];
  });
  return Object.fromEntries(made) as P;
}
