import { z } from 'zod';

/**
 * A job is one run of the executor. It gets a folder: `in/` (job.json and what it names), `out/` (what it
 * leaves) and a work folder. It needs nothing else of Cairn, which is why it runs the same in a container
 * on Fargate and as a process of its own on one machine. Whoever starts it fills `in/` from the artifact
 * store and carries `out/` back: the job itself holds no credential of the store on one machine.
 */

const name = z.string().min(1).max(300);

/** Where terraform keeps the state of a root that has no remote backend: the override file points here. */
const stateTarget = z.discriminatedUnion('kind', [
  /** The root's own backend is used, no override is written; `config` goes to init as `-backend-config=KEY=VALUE`. */
  z.object({ kind: z.literal('own'), config: z.record(z.string(), z.string()).optional() }),
  /**
   * A copy of the state stands in the job's fixed work folder as `state/terraform.tfstate`; after an apply
   * the host stores it (executor: out/terraform.tfstate, always written once terraform apply was started).
   */
  z.object({ kind: z.literal('file') }),
  z.object({
    kind: z.literal('s3'),
    bucket: name,
    key: name,
    region: name,
    /** What its host adds: a profile, where workspaces are, an emulator's addresses. Never set from a repository. */
    extra: z.record(z.string(), z.unknown()).optional(),
  }),
]);

const projectPart = z.object({
  name,
  dir: name,
  workspace: name,
  state: stateTarget,
  /** TF_VAR_<key>: strings as they are. */
  variables: z.record(z.string(), z.string()),
  /**
   * States that this project may read, by project name: handed to terraform as `TF_VAR_cairn_state`, JSON
   * `{ "<project>": { "backend": "local", "config": { "path": "…" } } }`. `file` names a copy in `in/`, null
   * if the project was never applied (then an empty state stands there).
   */
  upstream: z.record(
    z.string(),
    z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('file'), file: name.nullable() }),
      z.object({ kind: z.literal('remote'), backend: name, config: z.record(z.string(), z.unknown()) }),
    ]),
  ),
  /** Version constraint is the root's own; these are the binaries that this host offers, best first. */
  binaries: z.array(z.object({ path: name, version: name })).optional(),
});

/** Names of environment variables for terraform; values stand in in/secrets.json (mode 0600), never here. */
const secrets = z.array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/));

const common = z.object({
  /** Format of this file. */
  version: z.literal(1),
  id: name,
  runId: name,
  repository: name,
  environment: name,
  /** Seconds until terraform is interrupted (SIGINT) and, 60 s later, killed. */
  timeout: z.number().int().positive(),
  secrets,
});

const planJob = common.extend({
  kind: z.literal('plan'),
  stage: z.enum(['pr-plan', 'deploy-plan']),
  project: projectPart,
  /** `terraform plan -destroy` for a root that was removed. */
  destroy: z.boolean().default(false),
  /** Addresses whose resources are replaced: `-replace=`. */
  replace: z.array(z.string().min(1).max(500)).optional(),
  /** False: `-lock=false`; what is planned so is never applied. Absent: only a deploy's plan locks. */
  lock: z.boolean().optional(),
  /** Id of a state lock that an ended job of ours left behind: it is taken away before the plan. */
  unlock: z.string().max(200).nullable().default(null),
  /** True: a module that `init` fetched from elsewhere and that reads a state is refused. */
  ownStates: z.boolean().optional(),
  /** Key of the HMAC that stands for sensitive values; the same within a run. Hex. */
  hashKey: z.string().regex(/^[0-9a-f]{64}$/),
});

const applyJob = common.extend({
  kind: z.literal('apply'),
  project: projectPart,
  /** in/plan.tfplan must have this SHA-256, else the result is `refused`. Hex. */
  planSha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Name of a file in in/ -> its SHA-256 when the plan was made: what a provisioner runs stands in them. Hex. */
  madeWith: z.record(z.string(), z.string()).optional(),
  /**
   * Digest of what people were shown (core/plans/digest.ts) and the key of its hashes: the plan file itself must
   * come to the same, else the result is `refused`. Null where it cannot be made here: a secret of the plan is not
   * given to an apply.
   */
  shown: z
    .object({ digest: z.string().regex(/^[0-9a-f]{64}$/), hashKey: z.string().regex(/^[0-9a-f]{64}$/) })
    .nullable()
    .default(null),
  /** The fencing number of the environment's lock under which this apply was claimed. */
  fence: z.number().int().nonnegative(),
});

const verifyJob = common.extend({
  kind: z.literal('verify'),
  check: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('http'), url: z.string().url(), status: z.number().int().optional() }),
    z.object({ kind: z.literal('command'), command: z.array(z.string()).min(1), dir: name }),
  ]),
  attempts: z.number().int().positive(),
  /** Seconds between attempts. */
  interval: z.number().nonnegative(),
});

const buildJob = common.extend({
  kind: z.literal('build'),
  command: z.array(z.string()).min(1),
  dir: name,
  /** Environment variables; outputs are `NAME=value` lines that the build appends to the file $CAIRN_OUTPUT. */
  variables: z.record(z.string(), z.string()),
});

/** One terraform command that people asked for (`state list`, `import …`): its text goes to out/output.txt. */
const terraformJob = common.extend({
  kind: z.literal('terraform'),
  project: projectPart,
  /** Checked by core/terraform: subcommand, flags, arguments. Never a shell line. */
  args: z.array(z.string().max(2000)).min(1).max(50),
  /** It changes the state: locked while it runs, and the state is stored afterwards. */
  writes: z.boolean(),
  /** The fencing number of the environment's lock; 0 for one that only reads. */
  fence: z.number().int().nonnegative(),
});

export const jobSchema = z.discriminatedUnion('kind', [planJob, applyJob, verifyJob, buildJob, terraformJob]);
export type Job = z.infer<typeof jobSchema>;
export type PlanJob = z.infer<typeof planJob>;
export type ApplyJob = z.infer<typeof applyJob>;
export type VerifyJob = z.infer<typeof verifyJob>;
export type BuildJob = z.infer<typeof buildJob>;
export type TerraformJob = z.infer<typeof terraformJob>;

/**
 * `out/result.json`, written last and by rename. The executor's exit code agrees with it: 0 for `ok`, else 1.
 * - `failed`: terraform (or the check, the build) said no; `error` is for people, scrubbed.
 * - `refused`: Cairn said no before terraform ran (other plan bytes, no fitting version, …).
 * - `interrupted`: told to stop (SIGTERM) or out of time; state was written by terraform first.
 * - `duplicate`: the claim of this apply was taken by another job.
 */
export const jobResult = z.object({
  version: z.literal(1),
  id: name,
  status: z.enum(['ok', 'failed', 'refused', 'interrupted', 'duplicate']),
  /** What is wrong, where, and what to do; scrubbed. Several lines. */
  error: z.string().optional(),
  /** True once `terraform apply` was started: from then on the world may have changed. */
  started: z.boolean().default(false),
  /** A state lock that was left behind by this job (its id in terraform's words). */
  lockId: z.string().optional(),
  terraform: z.object({ binary: z.enum(['terraform', 'tofu']), version: z.string() }).optional(),
  /** Provider address -> version, from the lock file that was used. */
  providers: z.record(z.string(), z.string()).optional(),
  /** plan: SHA-256 of out/plan.tfplan. Hex. */
  planSha256: z.string().optional(),
  /** plan: SHA-256 of the source and of what the plan left beside it, by name in an apply's in/. Hex. */
  madeWith: z.record(z.string(), z.string()).optional(),
  /** plan: true if applying it would change nothing. */
  empty: z.boolean().optional(),
  /** apply: outputs that are not sensitive. build: what it wrote to $CAIRN_OUTPUT. */
  outputs: z.record(z.string(), z.unknown()).optional(),
  /** Milliseconds by phase (unpack, init, plan, …), for the bench and the log. */
  timings: z.record(z.string(), z.number()).optional(),
});
export type JobResult = z.infer<typeof jobResult>;
