import { execFile } from 'node:child_process';
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { binariesOf } from './binaries.ts';
import type { SmokeCheck, SmokeEnvironment } from './smoke-check.ts';

const run = promisify(execFile);
const GIB = 1024 ** 3;

/** The container itself. */
export function machineChecks(env: SmokeEnvironment): SmokeCheck[] {
  return [programs(env), git(), user(), rootFolder(), ...[env.CAIRN_WORK_DIR, env.CAIRN_JOB_DIR].map(folder)];
}

function programs({ CAIRN_BINARIES_DIR }: SmokeEnvironment): SmokeCheck {
  return {
    name: 'terraform',
    help: 'Deploy Cairn again: the image is made with the versions that `terraform` and `opentofu` of cairn.infra.yaml name.',
    async run() {
      const found = binariesOf(CAIRN_BINARIES_DIR);
      if (found.length === 0) return { status: 'fail', message: `${CAIRN_BINARIES_DIR} is empty` };
      const env = { PATH: process.env['PATH'] ?? '', HOME: '/tmp', CHECKPOINT_DISABLE: '1' };
      const said = await Promise.all(
        found.map(async (binary) => {
          const { stdout } = await run(binary.path, ['version', '-json'], { env, timeout: 60_000 });
          const { terraform_version } = JSON.parse(stdout) as { terraform_version: string };
          return `${path.basename(binary.path).split('-')[0]} ${terraform_version}`;
        }),
      );
      return said.join(', ');
    },
  };
}

function git(): SmokeCheck {
  return {
    name: 'git',
    help: 'Deploy Cairn again: the image lacks git, which terraform needs for modules of registries and repositories.',
    run: async () => (await run('git', ['--version'], { timeout: 10_000 })).stdout.trim(),
  };
}

function user(): SmokeCheck {
  return {
    name: 'user',
    help: 'The job definition has to say `user: 1000`. Deploy Cairn again.',
    run: async () => {
      const uid = process.getuid?.() ?? 0;
      return uid === 0 ? { status: 'fail', message: 'the job runs as root' } : `uid ${uid}`;
    },
  };
}

function rootFolder(): SmokeCheck {
  return {
    name: 'root folder',
    help: 'The job definition has to say `readonlyRootFilesystem`. Deploy Cairn again.',
    async run() {
      try {
        await writeFile('/cairn-smoke-test', '');
      } catch {
        return 'read-only';
      }
      await rm('/cairn-smoke-test', { force: true });
      return { status: 'fail', message: 'the job can change its own image' };
    },
  };
}

function folder(at: string): SmokeCheck {
  return {
    name: at,
    help: 'Deploy Cairn again; or give the size more `disk` in cairn.infra.yaml: a large provider takes about 1 GiB per project.',
    async run() {
      const made = await mkdtemp(path.join(at, 'smoke-'));
      await writeFile(path.join(made, 'file'), 'x');
      await rm(made, { recursive: true });
      const { bavail, bsize } = await statfs(at);
      const free = (bavail * bsize) / GIB;
      const message = `writable, ${free.toFixed(1)} GiB free`;
      return free < 5 ? { status: 'warn', message } : message;
    },
  };
}
