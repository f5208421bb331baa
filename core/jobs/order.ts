import { z } from 'zod';
import { STANDARD_SIZE } from '../projects/project.ts';
import { jobSchema } from './job.ts';

/** Identities that a job of an environment can have; on AWS each has a role of its own, `build` that of CodeBuild. */
export const STAGES = ['pr-plan', 'deploy-plan', 'apply', 'verify', 'build'] as const;

/**
 * What a workflow hands to the host to run as one job, stored as the artifact `<prefix>/order.json`; the host
 * fills the job's `in/` from it and stores `out/*` as `<prefix>/out/*` afterwards. States carry only `prefix`.
 */
export const jobOrder = z.object({
  /** Artifact prefix of the job: `jobPrefix` of names.ts. */
  prefix: z.string(),
  job: jobSchema,
  /** File name in `in/` -> artifact key. */
  inputs: z.record(z.string(), z.string()),
  /**
   * State that Cairn keeps: key `<repository>/<environment>/<project>`; `write` for an apply. Where there is none
   * under that key yet, the one under `former` is read: its project was renamed. Once written under `key`, `former` is out of use.
   */
  state: z
    .object({ key: z.string(), write: z.boolean(), former: z.string().nullable().default(null) })
    .nullable(),
  /** File name in `in/` -> key of a state that Cairn keeps, to be read. */
  upstream: z.record(z.string(), z.string()),
  /** Environment variable -> reference of its value, resolved by the host right before the start. */
  secrets: z.record(z.string(), z.string()),
  /** Who the job is: jobs of one identity share a user (one machine) or a role (AWS). */
  identity: z.object({
    repository: z.string(),
    environment: z.string(),
    stage: z.enum(STAGES),
  }),
  /** Name of the job's size; a host that has one for all ignores it. */
  size: z.string().default(STANDARD_SIZE),
  /** Name of the fixed work folder; two orders with the same one never run at the same time. */
  folder: z.string(),
  /** Write-once key that must not exist yet (an apply happens once); null where repeating is harmless. */
  claim: z.string().nullable(),
  /** Id of the trace in which it was asked for. */
  trace: z.string().nullable().default(null),
});
export type JobOrder = z.infer<typeof jobOrder>;
