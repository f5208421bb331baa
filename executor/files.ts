import { JOB_FILES } from '../core/jobs/files.ts';

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
    planFile: `${work}/${JOB_FILES.plan}`,
    cliConfig: `${work}/terraform.tfrc`,
  };
}
