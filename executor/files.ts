import type { JOB_FILES } from '../core/jobs/job.ts';

/**
 * `JOB_FILES` of the contract, said again because its module builds zod schemas when it is loaded: 20 ms of
 * CPU for each job, as much as a third of a small plan. The type makes sure that both stay the same.
 */
export const FILES: typeof JOB_FILES = {
  job: 'job.json',
  source: 'source.tar.gz',
  secrets: 'secrets.json',
  state: 'state.tfstate',
  plan: 'plan.tfplan',
  planWork: 'plan.work.tar.gz',
  result: 'result.json',
  log: 'log.txt',
  output: 'output.txt',
  changes: 'changes.json',
  summary: 'summary.json',
  stateOut: 'terraform.tfstate',
  erroredState: 'errored.tfstate',
};

/** Written by the executor before anything else, and only if it is not there: one process per job folder. */
export const STARTED = 'started.json';

/** Stands in out/ from the moment that terraform apply is started: the host asks for it if the executor dies. */
export const APPLYING = 'applying';

/** Stands in out/ once the state that an apply before could not write was pushed. */
export const PUSHED = 'pushed';

export interface JobDirs {
  in: string;
  out: string;
  /** The fixed work folder of the project; all below stand in it. */
  work: string;
  src: string;
  state: string;
  upstream: string;
  home: string;
  tmp: string;
  planFile: string;
  cliConfig: string;
}

export function jobDirs(jobDir: string, work: string): JobDirs {
  return {
    in: `${jobDir}/in`,
    out: `${jobDir}/out`,
    work,
    src: `${work}/src`,
    state: `${work}/state`,
    upstream: `${work}/upstream`,
    home: `${work}/home`,
    tmp: `${work}/tmp`,
    planFile: `${work}/${FILES.plan}`,
    cliConfig: `${work}/terraform.tfrc`,
  };
}
