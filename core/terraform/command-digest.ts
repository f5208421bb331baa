import { createHash } from 'node:crypto';
import { canonical } from '../plans/canonical.ts';

/** What an approval of a command binds to, as 64 hex digits; people see and type the first seven. */
export function commandDigest(command: {
  environment: string;
  commit: string;
  project: string;
  args: string[];
  policy: unknown;
}): string {
  const { environment, commit, project, args, policy } = command;
  const bound = { version: 1, kind: 'command', environment, commit, project, args, policy };
  return createHash('sha256').update(canonical(bound)).digest('hex');
}
