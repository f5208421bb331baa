import { z } from 'zod';
import { LONGEST_APPROVAL } from '../environments/approval.ts';
import { branchName, environmentName, login } from '../requests/request.ts';

/**
 * `cairn.yaml` as it is written. The published JSON schema and the reference page are made from the
 * descriptions here, so they are written for the person who fills the file in.
 */

const duration = z
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

const directory = z
  .string()
  .min(1)
  .max(400)
  .refine(
    (dir) => !/^[-/\\]|\\|\p{Cc}|^[A-Za-z]:/u.test(dir) && !dir.split('/').includes('..'),
    'a directory is written from the repository root, without "..", a leading "/" or a leading "-"',
  );

const projectName = z
  .string()
  .max(200)
  .regex(
    /^(\.|[A-Za-z0-9_][\p{L}\p{N} ._@/+=-]*)$/u,
    'a project name starts with a letter, a digit or "_", and has letters, digits, " ", ".", "_", "@", "/", "+", "=", "-"',
  );

/** A name, a directory or a glob over names: checked against the tree, not by shape. */
const reference = z.string().min(1).max(400);
const glob = z.string().min(1).max(400);
const command = z.array(z.string().min(1)).min(1, 'a command is a list: the program, then its arguments');

const value = z.union(
  [z.string(), z.number(), z.boolean(), z.array(z.json()), z.record(z.string(), z.json())],
  {
    error: 'a value is a text, a number, true or false, a list or a map',
  },
);
const variables = z.record(
  z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_-]*$/, 'not a name that a Terraform variable can have')
    .refine(
      (name) => !name.startsWith('cairn_'),
      'variables that start with "cairn_" are set by Cairn itself',
    ),
  value,
);

const approval = z.strictObject({
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

const verify = z
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

const build = z.strictObject({
  command: command.describe(
    'Program and arguments. It runs before the plans of a deployment, never for a pull request. `NAME=value` lines that it appends to the file `$CAIRN_OUTPUT` become Terraform variables.',
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

const environment = z.strictObject({
  branch: branchName
    .refine((name) => !/^cairn\//i.test(name), 'branches below cairn/ belong to Cairn and deploy nothing')
    .describe('Branch whose pushes are deployed here.'),
  approval: approval.optional().describe('Who must agree before anything is applied.'),
  rollback: z
    .enum(['automatic', 'manual', 'off'])
    .optional()
    .describe(
      'What happens when an apply or the verification fails: `automatic` goes back to the last good commit, `manual` waits for `/cairn rollback`, `off` refuses both. Default: `manual`.',
    ),
  removed: z
    .enum(['report', 'destroy'])
    .optional()
    .describe(
      'What happens to a root whose files were deleted: `report` only says so, `destroy` plans its destruction, which always needs an approval. Default: `report`.',
    ),
  projects: z
    .array(reference)
    .optional()
    .describe('Projects that live here: names or globs over names. Default: all.'),
  variables: variables
    .optional()
    .describe('Terraform variables of every project here; those of a project win.'),
  verify: verify.optional().describe('Check that must pass after the last apply. Default: none.'),
  build: build.optional().describe('Program that runs before the plans of a deployment. Default: none.'),
});

const RESERVED =
  /^(PATH|HOME|USER|SHELL|IFS|ENV|BASH_.*|LD_.*|DYLD_.*|NODE_.*|GIT_.*|CAIRN_.*|TF_CLI_.*|TF_LOG.*|TF_DATA_DIR|TF_PLUGIN_.*|TF_WORKSPACE|TF_REATTACH_PROVIDERS|TF_INPUT|TF_IN_AUTOMATION)$/i;

const secrets = z.record(
  z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'not a name that an environment variable can have')
    .refine((name) => !RESERVED.test(name), 'this variable would change how the job itself runs'),
  z
    .strictObject({
      plan: z.string().min(1).max(2048).optional().describe('Reference that plans get.'),
      apply: z
        .string()
        .min(1)
        .max(2048)
        .optional()
        .describe('Reference that applies get. Default: the one of `plan`.'),
    })
    .refine((refs) => refs.plan !== undefined || refs.apply !== undefined, 'give "plan", "apply" or both'),
);

const project = z.strictObject({
  dir: directory.describe('Folder of the root module, from the root of the repository.'),
  name: projectName
    .optional()
    .describe('Default: the folder, with `@WORKSPACE` behind it for another workspace.'),
  workspace: z
    .string()
    .regex(/^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,89}$/, 'not a workspace name')
    .optional()
    .describe('Terraform workspace. Default: `default`.'),
  when_modified: z
    .array(glob)
    .optional()
    .describe('Globs from the root of the repository: a changed file that matches affects this project too.'),
  size: z
    .string()
    .regex(/^[a-z][a-z0-9]{0,15}$/, 'a size is 1-16 small letters and digits, and starts with a letter')
    .optional()
    .describe(
      'Size of its jobs, by a name that the operator gave (on AWS: `sizes` in `cairn.infra.yaml`). One machine has one size for all and ignores it. Default: `standard`, that of the environment.',
    ),
  depends_on: z.array(reference).optional().describe('Names of projects that are applied before this one.'),
  variables: variables
    .optional()
    .describe('Terraform variables (`TF_VAR_name`). Lists and maps are handed over as JSON.'),
  secrets: secrets
    .optional()
    .describe(
      'Environment variables for terraform whose values are kept elsewhere: a key of the secrets file of the server, or a Secrets Manager ARN. Read from what was approved before, never from a pull request.',
    ),
});

const guards = z.strictObject({
  max_destroy: z
    .int()
    .min(0)
    .optional()
    .describe('Most objects that one plan may destroy, replacements included. Default: any number.'),
  protected: z
    .array(z.string().min(1).max(400))
    .optional()
    .describe(
      'Address patterns, `*` stands for any characters: what matches may not be destroyed, replaced or forgotten.',
    ),
});

export const configSchema = z
  .strictObject({
    environments: z
      .record(environmentName, environment)
      .refine((all) => Object.keys(all).length > 0, 'name at least one environment and its branch')
      .describe('The places that projects are deployed to, by name.'),
    projects: z
      .array(project)
      .optional()
      .describe('Projects that are not found by themselves, or need settings.'),
    discover: z
      .boolean()
      .optional()
      .describe(
        'Find root modules by themselves; `projects` then adds to them and refines them. `false`: only those listed. Default: `true`.',
      ),
    ignore: z.array(glob).optional().describe('Globs over folders in which no project is looked for.'),
    guards: guards.optional().describe('Plans that are refused whoever approves them.'),
    notifications: z
      .strictObject({
        slack: z
          .strictObject({
            channel: z.string().min(1).max(200).describe('Channel, such as `#deploys`, or its id.'),
          })
          .optional()
          .describe('Slack messages: one thread per run.'),
      })
      .optional()
      .describe('Where to tell people.'),
  })
  .describe('Configuration of Cairn for one repository.');

export type RawConfig = z.infer<typeof configSchema>;
