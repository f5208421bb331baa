import { buildBundle } from '../../scripts/build.ts';

/** Before all tests: jobs start the executor from its bundle, as they do where Cairn is installed. */
export async function setup(): Promise<void> {
  await buildBundle('executor');
}
