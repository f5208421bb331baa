import { z } from 'zod';
import { LONGEST_APPROVAL } from '../environments/approval.ts';
import { login } from '../requests/request.ts';

/** Pieces of `cairn.yaml` that environments of both kinds have. */

export const duration = z
  .string()
  .regex(
    /^[1-9][0-9]{0,5}(s|m|h|d)$/,
    'a duration is a whole number and s, m, h or d, such as "90m" or "24h"',
  );

const UNIT: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Of a duration as it is written. */
export function seconds(duration: string): number {
  return Number(duration.slice(0, -1)) * (UNIT[duration.slice(-1)] ?? 1);
}

export const directory = z
  .string()
  .min(1)
  .max(400)
  .refine(
    (dir) => !/^[-/\\]|\\|\p{Cc}|^[A-Za-z]:/u.test(dir) && !dir.split('/').includes('..'),
    'a directory is written from the repository root, without "..", a leading "/" or a leading "-"',
  );

export const projectName = z
  .string()
  .max(200)
  .regex(
    /^(\.|[A-Za-z0-9_][\p{L}\p{N} ._@/+=-]*)$/u,
    'a project name starts with a letter, a digit or "_", and has letters, digits, " ", ".", "_", "@", "/", "+", "=", "-"',
  )
  // It becomes part of where a state is (`backend_config`), and servers take `..` for a way up.
  .refine((name) => !name.split('/').includes('..'), 'a project name has no ".." between its "/"');

/** A name, a directory or a glob over names: checked against the tree, not by shape. */
export const reference = z.string().min(1).max(400);
export const glob = z.string().min(1).max(400);
const command = z.array(z.string().min(1)).min(1, 'a command is a list: the program, then its arguments');

const value = z.union(
  [z.string(), z.number(), z.boolean(), z.array(z.json()), z.record(z.string(), z.json())],
  {
    error: 'a value is a text, a number, true or false, a list or a map',
  },
);
export const variables = z.record(
  z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_-]*$/, 'not a name that a Terraform variable can have')
    .refine(
      (name) => !name.startsWith('cairn_'),
      'variables that start with "cairn_" are set by Cairn itself',
    ),
  value,
);

export const approval = z.strictObject({
  required: z
    .boolean()
    .optional()
    .describe('Whether a person must approve before anything is applied. Default: `true`.'),
  approvers: z
    .array(login)
    .optional()
    .describe(
      'GitHub logins that may approve. `operator` is whoever holds the admin token of the server. Default: everybody with write access to the repository.',
    ),
  not_author: z
    .boolean()
    .optional()
    .describe(
      'Refuse approvals by the author of the pull request and of any commit since the last good deployment. Default: `false`.',
    ),
  within: duration
    .refine(
      (text) => seconds(text) <= LONGEST_APPROVAL,
      `an approval waits ${LONGEST_APPROVAL / 86_400} days at most: the plan that it is about holds secrets and is deleted then`,
    )
    .optional()
    .describe(
      'How long a deployment waits for an approval, at most `7d`: no plan is kept for longer. Default: `24h`.',
    ),
});

export const verify = z
  .strictObject({
    url: z
      .string()
      .regex(/^https?:\/\/\S+$/, 'a URL starts with http:// or https://')
      .optional()
      .describe('Address that must answer. One of `url`, `output` and `command` is given.'),
    output: z
      .string()
      .regex(/^.+\.[A-Za-z_][A-Za-z0-9_-]*$/, 'an output is written PROJECT.OUTPUT, such as "app.url"')
      .optional()
      .describe('`PROJECT.OUTPUT`: an output of a project that holds the address.'),
    command: command.optional().describe('Program and arguments; exit code 0 means healthy.'),
    path: z
      .string()
      .regex(/^\/\S*$/, 'a path starts with "/"')
      .optional()
      .describe('Appended to the address of `output`, such as `/healthz`.'),
    status: z
      .int()
      .min(100)
      .max(599)
      .optional()
      .describe('HTTP status that counts as healthy. Default: any from 200 to 299.'),
    dir: directory.optional().describe('Folder in which `command` runs. Default: `.`.'),
    attempts: z.int().min(1).max(1000).optional().describe('How often to try. Default: `10`.'),
    interval: duration.optional().describe('Pause between two attempts. Default: `2s`.'),
    timeout: duration.optional().describe('Time for all attempts together. Default: `5m`.'),
  })
  .superRefine((check, context) => {
    const kinds = (['url', 'output', 'command'] as const).filter((key) => check[key] !== undefined);
    if (kinds.length !== 1) {
      context.addIssue({ code: 'custom', message: 'give exactly one of "url", "output" and "command"' });
      return;
    }
    const misplaced = { path: ['output'], status: ['url', 'output'], dir: ['command'] } as const;
    for (const [key, allowed] of Object.entries(misplaced)) {
      if (check[key as keyof typeof misplaced] === undefined) continue;
      if ((allowed as readonly string[]).includes(kinds[0] ?? '')) continue;
      context.addIssue({
        code: 'custom',
        path: [key],
        message: `"${key}" goes with ${allowed.join(' or ')} only`,
      });
    }
  });

export const build = z.strictObject({
  command: command.describe(
    'Program and arguments. It runs before the plans of a deployment, never for a pull request. `NAME=value` lines that it appends to the file `$CAIRN_OUTPUT` become Terraform variables; `$CAIRN_ENVIRONMENT` is the environment.',
  ),
  dir: directory
    .optional()
    .describe(
      'Folder in which it runs; a change below it affects the projects that use it. Default: `.` (no project).',
    ),
  projects: z
    .array(reference)
    .optional()
    .describe('Projects that use what it makes: names or globs. Default: all of the environment.'),
});
