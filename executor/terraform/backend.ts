import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { JOB_FILES } from '../../core/jobs/files.ts';
import type { PlanJob } from '../../core/jobs/job.ts';
import { asExpression } from '../environment.ts';
import type { JobDirs } from '../files.ts';
import { satisfies } from './constraint.ts';

export const OVERRIDE = 'cairn_backend_override.tf';

/** Of terraform and of OpenTofu: before, `use_lockfile` is an error. */
const S3_LOCKS_SINCE = '1.10.0';

type Project = PlanJob['project'];

/** Terraform reads a state only if it has the form of one; this is a root that was never applied. */
const EMPTY_STATE =
  '{"version":4,"terraform_version":"1.0.0","serial":0,"lineage":"","outputs":{},"resources":[]}';

/**
 * Points a root without a remote backend at the state that Cairn keeps. Which roots those are was decided
 * when the order was made; `own` writes nothing. An override file replaces a `backend` block of the root.
 * Answers false if this version of terraform cannot lock that state.
 */
export function writeBackend(project: Project, dirs: JobDirs, version: string): boolean {
  const { state, dir } = project;
  if (state.kind === 'own') return true;
  const path = join(dirs.src, dir, OVERRIDE);
  if (state.kind === 's3') {
    const locks = satisfies(version, `>= ${S3_LOCKS_SINCE}`) !== false;
    writeFileSync(
      path,
      backendBlock('s3', {
        bucket: state.bucket,
        key: state.key,
        region: state.region,
        encrypt: true,
        ...(locks ? { use_lockfile: true } : {}),
        ...state.extra,
      }),
    );
    return locks;
  }
  const file = stateFile(project.workspace, dirs);
  writeEmptyBackend(project, dirs);
  const kept = join(dirs.in, JOB_FILES.state);
  if (!existsSync(kept)) return true;
  mkdirSync(dirname(file), { recursive: true });
  copyFileSync(kept, file);
  return true;
}

/** In place of whatever backend the root has: a state on disk, which is not there yet. */
export function writeEmptyBackend({ dir }: Project, dirs: JobDirs): void {
  writeFileSync(
    join(dirs.src, dir, OVERRIDE),
    backendBlock('local', {
      path: join(dirs.state, JOB_FILES.stateOut),
      workspace_dir: join(dirs.state, 'workspaces'),
    }),
  );
}

/** The workspace keeps its name, since `terraform.workspace` may stand in the configuration. */
export function stateFile(workspace: string, dirs: JobDirs): string {
  if (workspace === 'default') return join(dirs.state, JOB_FILES.stateOut);
  return join(dirs.state, 'workspaces', workspace, JOB_FILES.stateOut);
}

/**
 * The states that a project may read, copied into the work folder: their path is part of the plan, so it has
 * to be the same when the plan is applied. Answers the value of `TF_VAR_cairn_state`, null if there is none.
 */
export function layUpstream(upstream: Project['upstream'], dirs: JobDirs): string | null {
  const names = Object.keys(upstream);
  if (names.length === 0) return null;
  const states: Record<string, { backend: string; config: Record<string, unknown> }> = {};
  names.sort().forEach((name, index) => {
    const source = upstream[name];
    if (!source) return;
    if (source.kind === 'remote') {
      states[name] = { backend: source.backend, config: source.config };
      return;
    }
    const path = join(dirs.upstream, `${index}.tfstate`);
    const kept = source.file === null ? null : join(dirs.in, source.file);
    if (kept && existsSync(kept)) copyFileSync(kept, path);
    else writeFileSync(path, EMPTY_STATE);
    states[name] = { backend: 'local', config: { path } };
  });
  return asExpression(states);
}

function backendBlock(type: string, settings: Record<string, unknown>): string {
  const lines = Object.entries(settings).map(([key, value]) => `    ${key} = ${asExpression(value)}`);
  return `terraform {\n  backend "${type}" {\n${lines.join('\n')}\n  }\n}\n`;
}
