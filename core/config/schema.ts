import { z } from 'zod';
import { CLOSEST, cronProblem, timeZoneProblem } from '../drift/moments.ts';
import { EPHEMERAL, isEphemeral } from '../ephemeral/name.ts';
import { branchName, environmentName, login } from '../requests/request.ts';
import { ephemeral } from './ephemeral-schema.ts';
import {
  approval,
  build,
  directory,
  duration,
  glob,
  projectName,
  reference,
  seconds,
  variables,
  verify,
} from './parts.ts';

/**
 * `cairn.yaml` as it is written. The published JSON schema and the reference page are made from the
 * descriptions here, so they are written for the person who fills the file in.
 */

/** A check that answers what is wrong in words. */
function says(problemOf: (text: string) => string | null) {
  return (text: string, context: z.RefinementCtx) => {
    const message = problemOf(text);
    if (message !== null) context.addIssue({ code: 'custom', message });
  };
}

const drift = z
  .strictObject({
    cron: z
      .string()
      .max(100)
      .superRefine(says(cronProblem))
      .optional()
      .describe(
        'When to compare: minute, hour, day of month, month, day of week, such as `0 6 * * 1-5`; at most every 15 minutes. With one minute and one hour, a time that summer time leaves out comes at the first moment after the gap, and one that comes twice counts once; any other expression goes on through the repeated hour and leaves out what the gap leaves out. What was missed for less than a day is made up for by one comparison, however often it was missed. One of `cron` and `every` is given.',
      ),
    time_zone: z
      .string()
      .max(60)
      .superRefine(says(timeZoneProblem))
      .optional()
      .describe('Time zone of `cron`, such as `Europe/Berlin`. Default: `UTC`.'),
    every: duration
      .refine((text) => seconds(text) >= CLOSEST, 'comes more often than every 15 minutes')
      .optional()
      .describe(
        'How often to compare, such as `6h`, counted from midnight UTC; at least `15m`. One of `cron` and `every` is given.',
      ),
    reconcile: z
      .boolean()
      .optional()
      .describe(
        'Deploy the last good commit again where something drifted, under the approval rule of the environment. Default: `false`.',
      ),
  })
  .refine((of) => (of.cron === undefined) !== (of.every === undefined), 'give "cron" or "every"')
  .refine((of) => of.time_zone === undefined || of.cron !== undefined, '"time_zone" goes with "cron" only');

const permanentName = environmentName
  .refine((name) => !isEphemeral(name), 'names that start with "eph-" are those of ephemeral environments')
  .refine((name) => name !== EPHEMERAL, '"ephemeral" stands for all ephemeral environments: choose another')
  // What is kept by environment would be mixed up with what every object of JavaScript has.
  .refine((name) => !(name in Object.prototype), 'no environment can be called that: choose another name');

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
  while_frozen: z
    .enum(['refuse', 'queue'])
    .optional()
    .describe(
      'What becomes of a deployment while the environment is frozen: `refuse` ends it, `queue` lets the newest wait until it is unfrozen. Default: `refuse`.',
    ),
  drift: drift
    .optional()
    .describe('Regular comparison of what stands with the last good commit. Default: none.'),
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
      .record(permanentName, environment)
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
    ephemeral: ephemeral
      .optional()
      .describe(
        'Environments made from a ref or for a pull request, with a time to live. Default: none can be made.',
      ),
    commands: z
      .strictObject({
        allow: z
          .array(z.string().min(1).max(60))
          .optional()
          .describe(
            'Terraform commands that `cairn run` takes. Default: those that only read: `state list`, `state show`, `output`, `show`, `validate`, `version`, `providers`, `graph`. Those that write (`import`, `state mv`, `state rm`, `taint`, `untaint`, `force-unlock`, `apply -replace`) have to be listed; they need an approval where a deployment does.',
          ),
      })
      .optional()
      .describe('Terraform commands that people may run from a comment or the command line.'),
    notifications: z
      .strictObject({
        slack: z
          .strictObject({
            channel: z.string().min(1).max(200).describe('Channel, such as `#deploys`, or its id.'),
            users: z
              .record(
                z.string().regex(/^[UW][A-Z0-9]{2,30}$/, 'a Slack user is its member id, such as U012AB3CD'),
                login,
              )
              .optional()
              .describe(
                'GitHub login of each Slack user, by member id: who may answer with the buttons. Others get a link. Default: none.',
              ),
          })
          .optional()
          .describe('Slack messages: one thread per run.'),
      })
      .optional()
      .describe('Where to tell people.'),
  })
  .describe('Configuration of Cairn for one repository.');

export type RawConfig = z.infer<typeof configSchema>;
