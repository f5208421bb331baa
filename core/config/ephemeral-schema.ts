import { z } from 'zod';
import { approval, build, duration, reference, seconds, variables, verify } from './parts.ts';

/** The key `ephemeral` of `cairn.yaml`. */
export const ephemeral = z
  .strictObject({
    on_pull_request: z
      .boolean()
      .optional()
      .describe(
        'Make one for each pull request that is not from a fork, update it with each push, and destroy it when the pull request is closed. Default: `false`.',
      ),
    ttl: duration.optional().describe('Time to live where none is asked for. Default: `8h`.'),
    max_ttl: duration
      .optional()
      .describe('Longest time to live, counted from the newest launch or update. Default: `3d`.'),
    allow_never: z
      .boolean()
      .optional()
      .describe('Whether one may live until somebody takes it down. Default: `false`.'),
    limit: z.int().min(1).max(200).optional().describe('Most that may exist at a time. Default: `10`.'),
    warn: duration.optional().describe('How long before its end people are told. Default: `30m`.'),
    state: z
      .enum(['workspace', 'key'])
      .optional()
      .describe(
        'How a project with a remote backend of its own gets a state of its own: in a workspace named after the environment, or by `backend_config`. Where Cairn keeps the state, each has its own anyway. Default: `workspace`.',
      ),
    backend_config: z
      .record(z.string().regex(/^[a-z][a-z0-9_]*$/, 'not a key of a backend'), z.string().min(1).max(500))
      .optional()
      .describe(
        'With `state: key`: what the backend is told instead of what the files say, such as `key: ephemeral/{environment}/{project}.tfstate`. `{environment}` has to be in one of them.',
      ),
    reads: z
      .array(reference)
      .optional()
      .describe(
        'Projects, by name or glob, that may read remote states which are not of the ephemeral environment itself. Default: none.',
      ),
    secrets: z
      .array(reference)
      .optional()
      .describe(
        'Projects, by name or glob, that get their `secrets` in an ephemeral environment too. Those are the values of permanent environments, handed to the code of whatever branch somebody with write access names. Default: none.',
      ),
    outputs: z
      .array(
        z
          .string()
          .regex(/^.+\.[A-Za-z_][A-Za-z0-9_-]*$/, 'an output is written PROJECT.OUTPUT, such as "app.url"'),
      )
      .optional()
      .describe('Outputs that are told when it is ready. Default: every output named `url`.'),
    approval: approval
      .optional()
      .describe('Who must agree before it is made. Default: nobody (`required: false`).'),
    projects: z
      .array(reference)
      .optional()
      .describe('Projects that it is made of: names or globs over names. Default: all.'),
    variables: variables
      .optional()
      .describe(
        'Terraform variables of every project in it; those of a project win. `TF_VAR_cairn_environment` is its name.',
      ),
    verify: verify.optional().describe('Check that must pass after the last apply. Default: none.'),
    build: build.optional().describe('Program that runs before its plans. Default: none.'),
  })
  .refine((of) => seconds(of.ttl ?? '8h') <= seconds(of.max_ttl ?? '3d'), {
    path: ['ttl'],
    message: 'is longer than max_ttl',
  })
  .refine((of) => (of.state === 'key') === (of.backend_config !== undefined), {
    path: ['backend_config'],
    message: 'goes with "state: key", which needs it',
  })
  .refine(
    (of) =>
      of.backend_config === undefined ||
      Object.values(of.backend_config).some((value) => value.includes('{environment}')),
    {
      path: ['backend_config'],
      message: 'holds "{environment}" in one of its values: else all would share a state',
    },
  )
  .refine(
    (of) => {
      const all = Object.values(of.backend_config ?? {}).filter((value) => value.includes('{environment}'));
      return all.length === 0 || all.some((value) => !isAmbiguous(value));
    },
    {
      path: ['backend_config'],
      message:
        'parts "{environment}" and "{project}" by "/": without it two environments could come to one state (eph-a with b-c, eph-a-b with c)',
    },
  );

/** Names of environments are of these characters: what stands between the two has to hold another one. */
function isAmbiguous(value: string): boolean {
  const between = /\{environment\}(.*)\{project\}|\{project\}(.*)\{environment\}/s.exec(value);
  return between !== null && /^[a-z0-9-]*$/.test(between[1] ?? between[2] ?? '');
}
