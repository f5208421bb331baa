import { mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { type Binary, findBinaries } from '../../../local/binaries.ts';
import { synthesizedHere } from '../infra.ts';
import { startWorld, type World } from '../world.ts';
import { type Cloud, type CloudOptions, startCloud } from './cloud.ts';

const ROOT = path.join(import.meta.dirname, '../../..');

export interface CloudWorld extends World {
  cloud: Cloud;
}

interface CloudWorldOptions extends Pick<CloudOptions, 'jobVariables'> {
  patience?: number;
  /** False: the forge tells nothing. */
  hook?: boolean;
}

let synthesis: ReturnType<typeof synthesizedHere> | undefined;

/** Once for all worlds of a process. */
function templates(): ReturnType<typeof synthesizedHere> {
  synthesis ??= synthesizedHere('standing');
  return synthesis;
}

/** A world whose Cairn is the stacks of the configuration `standing`, on an AWS on this machine. */
export async function startCloudWorld({
  patience = 90_000,
  hook = true,
  ...options
}: CloudWorldOptions = {}): Promise<CloudWorld> {
  let cloud: Cloud | undefined;
  const binaries = await findBinaries(process.env['PATH'] ?? '');
  const world = await startWorld({
    patience,
    hook,
    host: async (ground) => {
      cloud = await startCloud(ground, {
        templates: (await templates()).templates,
        variables: {
          CAIRN_GITHUB_URL: ground.forge.apiUrl,
          CAIRN_BINARIES: JSON.stringify(binaries.map(({ name, version }) => `${name} ${version}`)),
        },
        lambdaDir: path.join(ROOT, 'dist', 'lambda'),
        executor: path.join(ROOT, 'dist', 'fargate.mjs'),
        binariesDir: await binariesIn(ground.dir, binaries),
        ...options,
      });
      return cloud;
    },
  });
  if (!cloud) throw new Error('the cloud was not started');
  return Object.assign(world, { cloud });
}

/** As the executor's image has them. */
async function binariesIn(dir: string, found: readonly Binary[]): Promise<string> {
  const folder = path.join(dir, 'binaries');
  await mkdir(folder);
  for (const { path: file, name, version } of found)
    await symlink(file, path.join(folder, `${name}-${version}`));
  return folder;
}
