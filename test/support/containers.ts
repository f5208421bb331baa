import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

/** Tools that the layer of containers needs; the packages of Debian are called the same, but for two. */
const TOOLS = [
  'podman',
  'runc',
  'debootstrap',
  'cmake',
  'g++',
  'make',
  'autoconf',
  'automake',
  'libtoolize',
  'python3',
];

/** Why tests with containers are skipped, null if they run: for the title of their group. */
export const NO_PODMAN = missing();

function missing(): string | null {
  if (process.getuid?.() !== 0) return 'not root';
  const lacking = TOOLS.filter((tool) => {
    try {
      execFileSync('sh', ['-c', `command -v ${tool}`], { stdio: 'ignore' });
      return false;
    } catch {
      return true;
    }
  });
  return lacking.length === 0 ? null : `${lacking.join(', ')} not installed`;
}

/** Node of the production images: the binary that an npm package carries. */
const NODE = { package: `node-linux-${process.arch}`, version: '24.21.0' };
/** Client of Lambda's Runtime API, which AWS's own base images have in them; compiled here. */
const RUNTIME_CLIENT = { package: 'aws-lambda-ric', version: '4.0.2' };

/** Names of the images that the tests build upon. */
export const BASE = 'localhost/cairn-test-base';
export const LAMBDA_BASE = 'localhost/cairn-test-lambda-base';

/** A container engine with a storage of its own. */
export interface Podman {
  folder: string;
  /** Runs podman to its end; throws with what it said if it fails. */
  run(args: readonly string[], input?: string): Promise<string>;
  /** The same, without waiting. */
  start(args: readonly string[]): ChildProcess;
}

export function openPodman(folder: string): Podman {
  const all = (args: readonly string[]) => [
    '--root',
    join(folder, 'root'),
    '--runroot',
    join(folder, 'run'),
    ...args,
  ];
  const env = { CONTAINERS_CONF: join(folder, 'containers.conf') };
  return {
    folder,
    async run(args, input) {
      const { stdout } = await execa('podman', all(args), { env, ...(input === undefined ? {} : { input }) });
      return stdout;
    },
    start: (args) =>
      spawn('podman', all(args), { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] }),
  };
}

/** Settings with which podman works in a container itself, on the network of its host. */
const SETTINGS = `[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[containers]
netns = "host"
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
`;

/** An engine with the base images, which can be pulled from nowhere: a Debian, Node, and the runtime client. */
export async function createEngine(): Promise<Podman> {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-containers-'));
  await writeFile(join(folder, 'containers.conf'), SETTINGS);
  const podman = openPodman(folder);
  const [node] = await Promise.all([install(folder, NODE), debian(folder)]);
  const root = join(folder, 'debian');
  await copyFile(join(node, 'bin/node'), join(root, 'usr/local/bin/node'));
  const client = install(folder, RUNTIME_CLIENT, { npm_config_nodedir: node });
  await execa('tar', ['-C', root, '-cf', join(folder, 'base.tar'), '.']);
  await podman.run(['import', join(folder, 'base.tar'), BASE]);
  await rm(root, { recursive: true, force: true });
  await rm(join(folder, 'base.tar'));
  await lambdaBase(podman, await client);
  return podman;
}

async function debian(folder: string): Promise<void> {
  const root = join(folder, 'debian');
  await execa('debootstrap', [
    '--variant=minbase',
    '--include=ca-certificates,git,libstdc++6',
    'bookworm',
    root,
  ]);
}

/** Installs an npm package with all that its own scripts make. Answers its folder. */
async function install(
  folder: string,
  { package: name, version }: typeof NODE,
  env: Record<string, string> = {},
): Promise<string> {
  const cwd = join(folder, 'packages', name);
  await mkdir(cwd, { recursive: true });
  await writeFile(join(cwd, 'package.json'), JSON.stringify({ allowScripts: { [name]: true } }));
  await execa('npm', ['install', '--no-audit', '--no-fund', `${name}@${version}`], { cwd, env });
  return join(cwd, 'node_modules', name);
}

async function lambdaBase(podman: Podman, client: string): Promise<void> {
  const context = join(podman.folder, 'lambda-base');
  await mkdir(context);
  await execa('cp', ['-R', join(client, '..'), context]);
  await writeFile(
    join(context, 'Dockerfile'),
    `FROM ${BASE}\nCOPY node_modules /opt/client/node_modules\n` +
      // As in AWS's own: CMD is the handler.
      'ENTRYPOINT ["sh", "-c", "_HANDLER=$0 exec /opt/client/node_modules/.bin/aws-lambda-ric"]\n',
  );
  await podman.run(['build', '--tag', LAMBDA_BASE, context]);
}

export async function destroyEngine({ folder, run }: Podman): Promise<void> {
  await run(['rm', '--all', '--force', '--volumes']).catch(() => undefined);
  // The storage mounts its own folder.
  await execa('umount', ['-l', join(folder, 'root', 'overlay')], { reject: false });
  await rm(folder, { recursive: true, force: true });
}
