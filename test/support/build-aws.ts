import { buildBundles, LAMBDA_BUNDLES } from '../../scripts/bundle.ts';

/** Functions and executor as their images hold them. */
export async function setup(): Promise<void> {
  await buildBundles([...LAMBDA_BUNDLES, 'fargate']);
}
