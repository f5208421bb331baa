import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { BUNDLES, buildBundles, fileOf, LAMBDA_BUNDLES, replace, root } from './bundle.ts';

/** The folders that the images are made of: a Dockerfile and all that it copies. */
export interface ImageContexts {
  executor: string;
  lambda: string;
}

interface Image {
  /** Copied as they are, by their path in the repository. */
  files: string[];
  bundles: string[];
}

const IMAGES: Record<keyof ImageContexts, Image> = {
  executor: {
    files: ['executor/Dockerfile', 'executor/image/binaries.sh', 'executor/image/mirror.sh'],
    bundles: ['fargate'],
  },
  lambda: { files: ['lambdas/Dockerfile'], bundles: LAMBDA_BUNDLES },
};

/** Makes `dist/images/{lambda,executor}`. The same sources give the same bytes: the images' tags are their hash. */
export async function buildImageContexts(): Promise<ImageContexts> {
  const [executor, lambda] = await Promise.all([buildContext('executor'), buildContext('lambda')]);
  return { executor, lambda };
}

export async function buildContext(name: keyof ImageContexts): Promise<string> {
  await buildBundles(IMAGES[name].bundles);
  return fillContext(name);
}

/** From the bundles as they stand in `dist/`. */
export async function fillContext(name: keyof ImageContexts): Promise<string> {
  const folder = join(root, 'dist', 'images', name);
  const { files, bundles } = IMAGES[name];
  const wanted = new Set<string>();
  const put = async (path: string, from: string) => {
    wanted.add(path);
    await replace(join(folder, path), await readFile(from), 0o644);
  };
  for (const file of files) await put(basename(file), join(root, file));
  for (const bundle of bundles) await put(basename(fileOf(bundle)), fileOf(bundle));
  const externals = bundles.flatMap((bundle) => BUNDLES[bundle]?.external ?? []);
  for (const dependency of await closure([...new Set(externals)])) {
    const from = join(root, 'node_modules', dependency);
    for (const file of await filesBelow(from)) {
      await put(join('node_modules', dependency, file), join(from, file));
    }
  }
  for (const file of await filesBelow(folder)) {
    // A draft is of a build that goes on beside this one.
    if (!wanted.has(file) && !/\.\d+$/.test(file)) await rm(join(folder, file), { force: true });
  }
  return folder;
}

/** The packages and all that they depend on; each stands at the top of node_modules. */
async function closure(names: string[], known = new Set<string>()): Promise<string[]> {
  for (const name of names) {
    if (known.has(name)) continue;
    known.add(name);
    const text = await readFile(join(root, 'node_modules', name, 'package.json'), 'utf8');
    const { dependencies = {} } = JSON.parse(text) as { dependencies?: Record<string, string> };
    await closure(Object.keys(dependencies), known);
  }
  return [...known];
}

/** What no program reads: types, sources, tests. */
const LEFT_OUT = /(^|\/)(node_modules|test|src)\/|\.(ts|map|md)$/;

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  return folder.includes(join('dist', 'images')) ? files : files.filter((file) => !LEFT_OUT.test(file));
}

export async function sizeOf(folder: string): Promise<number> {
  const files = await filesBelow(folder);
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(folder, file))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
