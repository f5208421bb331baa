import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildBundles } from '../../scripts/build.ts';
import { SYNTH_FOLDER } from './synth-folder.ts';

/**
 * Before all tests: jobs start the executor from its bundle, as they do where Cairn is installed; the stacks hand
 * that for AWS to CodeBuild.
 */
export async function setup(): Promise<void> {
  await buildBundles(['executor', 'fargate']);
  // Workers have the environment of this process.
  process.env[SYNTH_FOLDER] = await mkdtemp(path.join(tmpdir(), 'cairn-synth-'));
}

export async function teardown(): Promise<void> {
  const folder = process.env[SYNTH_FOLDER];
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
}
