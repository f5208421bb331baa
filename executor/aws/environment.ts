import { z } from 'zod';
import { STAGES } from '../../core/jobs/order.ts';

/** Empty counts as absent: a job definition's variables are always texts. */
const optional = z
  .string()
  .optional()
  .transform((text) => (text === '' ? undefined : text));

/** What the job definition (or the CodeBuild project) gives, the same for every job of an identity. */
export const jobVariables = z.object({
  /** Name of the artifact bucket. */
  CAIRN_ARTIFACTS: z.string().min(1),
  /** Name of the bucket of the states that Cairn keeps. */
  CAIRN_STATES: z.string().min(1),
  /** Stage that the job's role is for: an order of another one is refused. */
  CAIRN_STAGE: z.enum(STAGES),
  /** Role that terraform assumes; none: it works as the job's own role. */
  CAIRN_TARGET_ROLE: optional,
  CAIRN_EXTERNAL_ID: optional,
  /** Log group that the job writes to; ECS says it by itself, CodeBuild does not. */
  CAIRN_JOB_LOGS: optional,
  /** ECS and CodeBuild set it. */
  AWS_REGION: z.string().min(1),
});

/** As the stacks write it: every value a text. */
export type JobVariables = z.input<typeof jobVariables>;

/** What the image sets, beside `CAIRN_PROVIDER_MIRROR` (a folder, if providers are baked in). */
const imageVariables = z.object({
  /** Folder with `terraform-<version>` and `tofu-<version>`, and their names in order, best first, in `order`. */
  CAIRN_BINARIES_DIR: z.string().default('/opt/cairn/binaries'),
  /** Empty at the start, writable by the job's user. */
  CAIRN_JOB_DIR: z.string().default('/cairn/job'),
  /** The same absolute path for a plan and its apply: it is part of the plan. */
  CAIRN_WORK_DIR: z.string().default('/cairn/work'),
});

/** What the workflow gives, and what AWS tells a container about itself. */
const startVariables = z.object({
  /** Artifact prefix of the job's order. */
  CAIRN_JOB: z.string().min(1),
  AWS_BATCH_JOB_ID: optional,
  AWS_BATCH_JOB_ATTEMPT: z.coerce.number().int().default(1),
  CODEBUILD_BUILD_ID: optional,
  CODEBUILD_LOG_PATH: optional,
  ECS_CONTAINER_METADATA_URI_V4: optional,
  /**
   * Only for emulators of AWS: JSON of settings that are added to the backend of kept states (`endpoints`,
   * `skip_credentials_validation`, …). With it the `AWS_*` variables of the executor are handed to terraform.
   * Never set it on AWS.
   */
  CAIRN_S3_BACKEND_EXTRA: optional,
});

const jobEnvironment = jobVariables.extend(imageVariables.shape).extend(startVariables.shape);
export type JobEnvironment = z.output<typeof jobEnvironment>;

/** Throws an Error that names every variable that is missing or wrong. */
export function parseEnvironment(env: NodeJS.ProcessEnv): JobEnvironment {
  const parsed = jobEnvironment.safeParse(env);
  if (parsed.success) return parsed.data;
  throw new Error(
    `The job's environment is not as its job definition makes it:\n${z.prettifyError(parsed.error)}`,
  );
}
