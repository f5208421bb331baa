import { stat } from 'node:fs/promises';
import { relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BUNDLES, buildBundles, fileOf, root } from './bundle.ts';
import { fillContext, sizeOf } from './images.ts';

export { BUNDLES, type Bundle, buildBundle, buildBundles, fileOf, LAMBDA_BUNDLES } from './bundle.ts';
export { buildContext, buildImageContexts, fillContext, type ImageContexts } from './images.ts';

/** `tsx scripts/build.ts`: what one machine needs. With `--aws` what AWS needs too, its images' folders included. */
async function main(args: readonly string[]): Promise<void> {
  const aws = args.includes('--aws');
  const names = Object.keys(BUNDLES).filter((name) => aws || !BUNDLES[name]?.aws);
  await buildBundles(names);
  for (const name of names) {
    console.log(`${relative(root, fileOf(name))}  ${size((await stat(fileOf(name))).size)}`);
  }
  if (!aws) return;
  for (const image of ['executor', 'lambda'] as const) {
    const folder = await fillContext(image);
    console.log(`${relative(root, folder)}/  ${size(await sizeOf(folder))}`);
  }
}

function size(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(2)} MB`;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main(process.argv.slice(2));
}
