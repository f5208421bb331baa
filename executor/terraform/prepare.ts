import { existsSync, lstatSync, mkdirSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { JOB_FILES } from '../../core/jobs/files.ts';
import type { ApplyJob, PlanJob, TerraformJob } from '../../core/jobs/job.ts';
import { ASKED_BY, type Context, GRACE, processOptions, timed } from '../context.ts';
import { baseEnv, terraformEnv, writeCliConfig } from '../environment.ts';
import { type JobDirs, PUSHED } from '../files.ts';
import { JobFailed, JobInterrupted, JobRefused } from '../outcome.ts';
import { type Ended, runProcess } from '../process.ts';
import { laidSecrets } from '../secrets/upstream-secrets.ts';
import { layNew } from '../source/spare.ts';
import { createStop, type Stop } from '../stop.ts';
import { layUpstream, stateFile, writeBackend, writeEmptyBackend } from './backend.ts';
import { offeredBinaries } from './binaries.ts';
import { onlyReads } from './reads.ts';
import type { Terraform } from './terraform.ts';
import { type Binary, pickVersion, wantedVersion } from './version.ts';
import { lists, mayBeMissing } from './workspace.ts';

/** Jobs that work with a root module. */
type RootJob = PlanJob | ApplyJob | TerraformJob;

/** An empty work folder with the source in it. */
export async function layWork(context: Context): Promise<void> {
  const { dirs } = context;
  mkdirSync(dirs.work, { recursive: true });
  for (const name of readdirSync(dirs.work)) rmSync(join(dirs.work, name), { recursive: true, force: true });
  for (const folder of [dirs.state, dirs.upstream, dirs.home, dirs.tmp]) mkdirSync(folder, { mode: 0o700 });
  const lay = context.spare?.lay ?? layNew;
  await timed(context, 'unpack', () => lay(join(dirs.in, JOB_FILES.source), dirs.src));
}

/** Picks the version, points the root at its state, and runs `init`. */
export async function prepareTerraform(
  context: Context<RootJob>,
  choose: (offered: Binary[]) => Binary[],
): Promise<Terraform> {
  const { job, dirs, host, stop, log, result } = context;
  const { project } = job;
  const root = rootFolder(dirs.src, project.dir);
  checkWorkspace(project.workspace);
  writeCliConfig(dirs.cliConfig, host['CAIRN_PROVIDER_MIRROR']);
  const states = layUpstream(project.upstream, dirs);
  log.hide(laidSecrets(dirs));
  const env = terraformEnv(baseEnv(context), project, states, dirs.cliConfig);

  const offered = choose(await offeredBinaries(project.binaries, env, dirs.work, stop));
  const binary = pickVersion(wantedVersion(dirs.src, project.dir), offered);
  result.terraform = { binary: binary.binary, version: binary.version };
  if (!writeBackend(project, dirs, binary.version)) {
    log.line(
      `${binary.binary} ${binary.version} cannot lock a state in S3 (1.10 can): only Cairn's lock of the environment holds.`,
    );
  }

  const lockFile = existsSync(join(root, '.terraform.lock.hcl'));
  const init = [
    'init',
    '-input=false',
    '-no-color',
    ...(lockFile ? ['-lockfile=readonly'] : []),
    ...backendFlags(project.state),
  ];
  log.line(`${binary.binary} ${binary.version} in ${project.dir}, workspace ${project.workspace}`);
  const done = await timed(context, 'init', () =>
    runProcess(binary.path, init, processOptions(context, root, lazily(env, init))),
  );
  log.block(done.stdout.toString('utf8'));
  failUnless(done, context, `${binary.binary} init`, lockFile ? LOCK_HINT : '');

  const runInDefault = (args: readonly string[]): Promise<Ended> =>
    runProcess(binary.path, args, processOptions(context, root, lazily(env, args)));
  const withoutWorkspace = await leaveWorkspace(context, runInDefault, init);
  // Chosen through the environment: `workspace select` refuses one that has no state yet.
  const inWorkspace = project.workspace === 'default' ? env : { ...env, TF_WORKSPACE: project.workspace };
  const terraform: Terraform = {
    root,
    withoutWorkspace,
    runInDefault,
    runIn: (folder, workspace, args) =>
      runProcess(binary.path, args, {
        ...processOptions(context, folder, { ...env, TF_WORKSPACE: workspace }),
      }),
    run: (args, onStdout) =>
      runProcess(binary.path, args, {
        ...processOptions(context, root, lazily(inWorkspace, args)),
        ...(onStdout ? { onStdout } : {}),
      }),
    runAfter: async (args) => {
      const late = createStop();
      const timer = setTimeout(() => late.now('timeout'), timeLeft(stop));
      try {
        return await runProcess(binary.path, args, {
          ...processOptions(context, root, inWorkspace),
          stop: late,
          grace: LATE_GRACE,
        });
      } finally {
        clearTimeout(timer);
      }
    },
  };
  await takeAwayLock(context, terraform);
  await pushErrored(context, terraform);
  return terraform;
}

function backendFlags(state: RootJob['project']['state']): string[] {
  if (state.kind !== 'own') return [];
  return Object.entries(state.config ?? {}).map(([key, value]) => `-backend-config=${key}=${value}`);
}

/**
 * Most backends write an empty state as soon as any command, a plan or `show`, works in a workspace that is not
 * there. What only reads, and a plan that may never be applied, leaves none behind: it starts from an empty state
 * on disk. Answers whether it does.
 */
async function leaveWorkspace(
  context: Context<RootJob>,
  run: Terraform['runInDefault'],
  init: readonly string[],
): Promise<boolean> {
  const { job, dirs, log } = context;
  if (!mayBeMissing(job) || job.kind === 'apply' || (job.kind === 'terraform' && job.writes)) return false;
  // A state that was never written belongs there: then it is no new one.
  if (existsSync(join(dirs.in, JOB_FILES.erroredState))) return false;
  const { workspace } = job.project;
  const listed = await run(['workspace', 'list', '-no-color']);
  failUnless(listed, context, 'terraform workspace list');
  if (lists(listed, workspace)) return false;
  log.line(`The workspace ${workspace} is not there yet.`);
  writeEmptyBackend(job.project, dirs);
  const again = init.filter((arg) => !arg.startsWith('-backend-config='));
  failUnless(await run([...again, '-reconfigure']), context, 'terraform init');
  return true;
}

/** Milliseconds for what is asked after a stop; a question that is cut off is one without an answer. */
function timeLeft({ reason, at }: Stop): number {
  if (reason !== 'stopped' || at === null) return GRACE;
  return Math.max(1000, Math.min(GRACE, at + ASKED_BY - Date.now()));
}

/** It only reads: there is nothing that it would have to write. */
const LATE_GRACE = 2000;

/**
 * The short commands spend a quarter of their time collecting garbage that would not fill the memory before
 * they end. Plan and apply keep Go's default: their providers live longer, and inherit it.
 */
function lazily(env: Record<string, string>, args: readonly string[]): Record<string, string> {
  return args[0] === 'init' || args[0] === 'show' ? { ...env, GOGC: '400' } : env;
}

const LOCK_HINT =
  'If the lock file lacks this platform or a provider, run `terraform providers lock -platform=linux_amd64` and commit it.';

/** Throws as a job ends that was interrupted or failed; `stderr` is where terraform tells why. */
export function failUnless(
  done: Ended,
  context: Context,
  what: string,
  hint = '',
  ok: readonly number[] = [0],
): void {
  if (done.interrupted) throw new JobInterrupted();
  if (done.code !== null && ok.includes(done.code)) return;
  context.log.block(done.stderr);
  const why = done.stderr.trim() || done.stdout.toString('utf8').trim().split('\n').slice(-20).join('\n');
  // The first line is what people see in a title: terraform's own, where it says one.
  const said = /^Error: (.+)$/m.exec(why)?.[1];
  const end = done.signal
    ? `was ended by ${done.signal}`
    : said
      ? `failed: ${said}`
      : `ended with code ${done.code}.`;
  throw new JobFailed([`${what} ${end}`, why, hint].filter((part) => part !== '').join('\n'));
}

/** The lock of a job of ours that is dead, by its id: terraform refuses to take away one with another. */
async function takeAwayLock(context: Context<RootJob>, terraform: Terraform): Promise<void> {
  const { job, log } = context;
  if (job.kind !== 'plan' || !job.unlock) return;
  const done = await terraform.run(['force-unlock', '-force', job.unlock]);
  log.line(
    done.code === 0
      ? `Took away the state lock ${job.unlock}, which a job that is dead had left.`
      : `The state lock ${job.unlock} of a job that is dead is not there any more.`,
  );
}

/** A state that an apply before this one could not write is pushed first: until then terraform knows too little. */
async function pushErrored(context: Context<RootJob>, terraform: Terraform): Promise<void> {
  const { job, dirs, log } = context;
  const errored = join(dirs.in, JOB_FILES.erroredState);
  if (!existsSync(errored) || onlyReads(job)) return;
  log.line('Pushing the state that the last apply could not write.');
  const done = await terraform.run(['state', 'push', errored]);
  failUnless(
    done,
    context,
    'terraform state push',
    'The last apply could not write its state, and neither could this job.',
  );
  writeFileSync(join(dirs.out, PUSHED), '');
}

/** The root module, by its real path: not through a link out of the checkout. */
export function rootFolder(src: string, dir: string): string {
  const root = join(src, dir);
  if (!lstatSync(root, { throwIfNoEntry: false })) {
    throw new JobRefused(`The directory ${dir} is not in this commit.`);
  }
  const real = realpathSync(root);
  const base = realpathSync(src);
  if (real !== base && !real.startsWith(base + sep)) {
    throw new JobRefused(`The directory ${dir} leads out of the checkout.`);
  }
  return root;
}

/** It becomes a folder's name. */
function checkWorkspace(workspace: string): void {
  if (/^[A-Za-z0-9_.-]+$/.test(workspace) && workspace !== '..' && workspace !== '.') return;
  throw new JobRefused(
    `${JSON.stringify(workspace)} cannot be the name of a workspace: use letters, digits, ".", "_", "-".`,
  );
}

/** State as it stands in the work folder, if Cairn keeps it there. */
export function keptState(job: RootJob, dirs: JobDirs): string | null {
  return job.project.state.kind === 'file' ? stateFile(job.project.workspace, dirs) : null;
}
