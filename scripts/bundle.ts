import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');

export interface Bundle {
  entry: string;
  /**
   * Packages that cannot be bundled (native code, wasm), or that only few commands load, and that stand beside the
   * bundle in node_modules.
   */
  external: string[];
  /** For AWS: packages are taken as ES modules, of which only what is used is in the bundle. */
  aws?: true;
}

const lambda = (name: string): Bundle => ({
  entry: `lambdas/${name}.ts`,
  external: ['@cdktf/hcl2json'],
  aws: true,
});

/** Programs that start often, or where nothing is installed: one file each, `dist/<name>.mjs`. */
export const BUNDLES: Record<string, Bundle> = {
  executor: { entry: 'executor/main.ts', external: [] },
  cairn: { entry: 'cli/main.ts', external: ['libsql', '@cdktf/hcl2json', '@aws-sdk/*'] },
  fargate: { entry: 'executor/aws/main.ts', external: [], aws: true },
  'lambda/webhook': lambda('webhook'),
  'lambda/api': lambda('api'),
  'lambda/step': lambda('step'),
  'lambda/route-request': lambda('route-request'),
  'lambda/release-dead-run': lambda('release-dead-run'),
  'lambda/sink-github': lambda('sink-github'),
  'lambda/sink-slack': lambda('sink-slack'),
};

export const LAMBDA_BUNDLES = Object.keys(BUNDLES).filter((name) => name.startsWith('lambda/'));

export async function buildBundle(name: string, outfile = fileOf(name)): Promise<string> {
  await buildBundles([name], () => outfile);
  return outfile;
}

/** Those that are built alike are built at once, which takes little longer than one: what they share is read once. */
export async function buildBundles(names: string[], outfile = fileOf): Promise<Metafile> {
  const alike = new Map<string, string[]>();
  for (const name of names) {
    const key = JSON.stringify(optionsOf(name), (field, value) => (field === 'plugins' ? undefined : value));
    alike.set(key, [...(alike.get(key) ?? []), name]);
  }
  const built: Metafile = { inputs: {}, outputs: {} };
  for (const group of alike.values()) {
    const { outputFiles, metafile } = await build({
      ...optionsOf(group[0] ?? ''),
      entryPoints: Object.fromEntries(group.map((name) => [name, join(root, entryOf(name))])),
      outdir: join(root, 'dist'),
      outExtension: { '.js': '.mjs' },
      write: false,
      metafile: true,
    });
    for (const name of group) {
      const output = outputFiles?.find(({ path }) => path === fileOf(name));
      if (!output) throw new Error(`esbuild made no ${fileOf(name)}`);
      await replace(outfile(name), output.contents);
    }
    Object.assign(built.inputs, metafile?.inputs);
    Object.assign(built.outputs, metafile?.outputs);
  }
  return built;
}

export function fileOf(name: string): string {
  return join(root, 'dist', `${name}.mjs`);
}

function entryOf(name: string): string {
  const bundle = BUNDLES[name];
  if (!bundle) throw new Error(`There is no bundle ${name}; there are ${Object.keys(BUNDLES).join(', ')}.`);
  return bundle.entry;
}

function optionsOf(name: string): BuildOptions {
  const { external = [], aws } = BUNDLES[name] ?? {};
  return {
    absWorkingDir: root,
    bundle: true,
    minify: true,
    // Names of error classes are part of the contract.
    keepNames: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.18',
    external,
    ...(aws ? { mainFields: ['module', 'main'] } : {}),
    plugins: [oneLanguage],
    // Packages in CommonJS ask for node's modules with require.
    banner: {
      js: "import{createRequire as __cairnRequire}from'node:module';const require=__cairnRequire(import.meta.url);",
    },
    logLevel: 'warning',
  };
}

/** zod speaks fifty languages and hands all of them on, which no bundler can leave out: a third of a megabyte. */
const oneLanguage: Plugin = {
  name: 'one-language',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, ({ path }) => ({
      contents: "export { default as en } from './en.js';",
      resolveDir: dirname(path),
    }));
  },
};

/**
 * By rename, and only if it is another: a server may be starting jobs from the file that stands there. Its mode is
 * kept in images, where a user that is not root reads it: it is `mode` whatever the umask is.
 */
export async function replace(file: string, content: Uint8Array, mode = 0o755): Promise<void> {
  const before = await readFile(file).catch(() => null);
  if (before?.equals(content)) return chmod(file, mode);
  await makeFolder(dirname(file));
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, content);
  await chmod(draft, mode);
  await rename(draft, file);
}

async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  for (let at = folder; at.length >= first.length; at = dirname(at)) await chmod(at, 0o755);
}
