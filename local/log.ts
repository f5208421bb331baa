import type { Log } from '../core/log.ts';

/** One JSON object a line on standard error: a static message and fields, never bodies, secrets or plan text. */
export function jsonLog(write: (line: string) => void = (line) => process.stderr.write(line)): Log {
  return (level, message, fields) => {
    write(`${JSON.stringify({ at: new Date().toISOString(), level, message, ...fields })}\n`);
  };
}
