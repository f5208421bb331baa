import type { z } from 'zod';
import type { Ports } from '../ports.ts';

/**
 * One task of a workflow. Data in, data out: the host parses the input with `input`, hands over its ports, and
 * gives what `run` answers back to the workflow. A step may run twice with the same input (at-least-once), so
 * everything that it does must be repeatable.
 */
export interface Step {
  input: z.ZodType;
  run(input: unknown, ports: Ports): Promise<Record<string, unknown>>;
}

export function step<I>(
  input: z.ZodType<I>,
  run: (input: I, ports: Ports) => Promise<Record<string, unknown>>,
): Step {
  return { input, run: (raw, ports) => run(input.parse(raw), ports) };
}
