import { z } from 'zod';
import { jobVariables } from './environment.ts';

/** What a check answers; throwing is failing. */
export type Outcome = string | { status: 'warn' | 'fail'; message: string; help?: string };

export interface SmokeCheck {
  name: string;
  run(): Promise<Outcome>;
  /** What to do if it throws. */
  help: string;
}

/** What `cairn doctor --aws` adds to the job's environment, as JSON. */
const question = z.object({
  /** Unique: part of the keys that are written. */
  id: z.string().regex(/^[a-z0-9-]{4,60}$/),
  repository: z.string().min(3),
  environment: z.string().min(1),
});

export const smokeVariables = jobVariables.extend({
  CAIRN_SMOKE: z.string().transform((text) => question.parse(JSON.parse(text))),
  CAIRN_BINARIES_DIR: z.string().default('/opt/cairn/binaries'),
  CAIRN_JOB_DIR: z.string().default('/cairn/job'),
  CAIRN_WORK_DIR: z.string().default('/cairn/work'),
  /** What a job has to reach. */
  CAIRN_SMOKE_REGISTRY: z.string().default('https://registry.terraform.io/.well-known/terraform.json'),
});
export type SmokeEnvironment = z.output<typeof smokeVariables>;
