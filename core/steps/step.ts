import type { z } from 'zod';
import type { Ports } from '../ports.ts';

export type PortName = keyof Ports;

/**
 * One task of a workflow. Data in, data out: the host parses the input with `input`, hands over its ports, and
 * gives what `run` answers back to the workflow. A step may run twice with the same input (at-least-once), so
 * everything that it does must be repeatable.
 */
export interface Step<P extends PortName = PortName> {
  input: z.ZodType;
  /** What it touches, and nothing else: permissions on AWS follow from this list. */
  ports: readonly P[];
  run(input: unknown, ports: Pick<Ports, P>): Promise<Record<string, unknown>>;
}

/** Its `run` sees the ports that are declared and no other. One that calls another step names that one's too. */
export function step<I, const P extends readonly PortName[]>(definition: {
  input: z.ZodType<I>;
  ports: P;
  run(input: I, ports: Pick<Ports, P[number]>): Promise<Record<string, unknown>>;
}): Step<P[number]> {
  const { input, ports } = definition;
  return {
    input,
    ports: [...new Set(ports)],
    run: (raw, given) => definition.run(input.parse(raw), given),
  };
}
