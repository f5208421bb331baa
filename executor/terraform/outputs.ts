import { readJson } from '../../core/plans/read-json.ts';
import { JobRefused } from '../outcome.ts';
import type { Ended } from '../process.ts';

interface Output {
  sensitive: boolean;
  type?: unknown;
  value: unknown;
}

/**
 * `terraform output`, without those that are marked sensitive: terraform itself hides them only from the list that
 * people read, and prints them as soon as one is named or `-json` is asked for.
 */
export async function printOutputs(
  args: readonly string[],
  run: (args: readonly string[]) => Promise<Ended>,
): Promise<Ended> {
  const flags = args.slice(1).filter((arg) => arg.startsWith('-'));
  const [name] = args.slice(1).filter((arg) => !arg.startsWith('-'));
  const all = await run(['output', '-no-color', '-json']);
  if (all.code !== 0 || all.interrupted) return all;
  const outputs = readJson(all.stdout.toString('utf8')) as Record<string, Output>;
  if (name !== undefined && Object.hasOwn(outputs, name) && outputs[name]?.sensitive) {
    throw new JobRefused(
      `The output "${name}" is marked sensitive: it is never shown. Whoever may read it reads the state itself.`,
    );
  }
  if (name !== undefined || !flags.includes('-json')) return run(['output', '-no-color', ...args.slice(1)]);
  const shown = Object.entries(outputs).filter(([, { sensitive }]) => !sensitive);
  // As terraform wrote it, with every digit of its numbers.
  if (shown.length === Object.keys(outputs).length) return all;
  const text = `${JSON.stringify(Object.fromEntries(shown), null, 2)}\n`;
  return { ...all, stdout: Buffer.from(text) };
}
