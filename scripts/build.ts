import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

export interface Bundle {
  entry: string;
  /** Packages that cannot be bundled (native code, wasm) and stand beside the bundle in node_modules. */
  external: string[];
}

/** Programs that start often, or where nothing is installed: one file each, `dist/<name>.mjs`. */
export const BUNDLES: Record<string, Bundle> = {
  executor: { entry: 'executor/main.ts', external: [] },
  cairn: { entry: 'cli/main.ts', external: ['libsql', '@cdktf/hcl2json'] },
};

export async function buildBundle(
  name: string,
  outfile = join(root, 'dist', `${name}.mjs`),
): Promise<string> {
  const bundle = BUNDLES[name];
  if (!bundle) throw new Error(`There is no bundle ${name}; there are ${Object.keys(BUNDLES).join(', ')}.`);
  const { outputFiles } = await build({
    write: false,
    entryPoints: [join(root, bundle.entry)],
    outfile,
    absWorkingDir: root,
    bundle: true,
    minify: true,
    // Names of error classes are part of the contract.
    keepNames: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.18',
    external: bundle.external,
    // Packages in CommonJS ask for node's modules with require.
    banner: {
      js: "import{createRequire as __cairnRequire}from'node:module';const require=__cairnRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
  await replace(outfile, outputFiles[0]?.contents ?? new Uint8Array());
  return outfile;
}

/** By rename, and only if it is another: a server may be starting jobs from the file that stands there. */
async function replace(file: string, content: Uint8Array): Promise<void> {
  const before = await readFile(file).catch(() => null);
  if (before?.equals(content)) return;
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, content, { mode: 0o755 });
  await rename(draft, file);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const name of Object.keys(BUNDLES)) console.log(await buildBundle(name));
}
