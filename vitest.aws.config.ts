import { defineConfig } from 'vitest/config';
import config, { ON_AWS } from './vitest.config.ts';

/**
 * `npm run test:aws`: the workflows, the executor and the stacks' own wiring on an emulator of AWS, with the functions
 * and the executor as processes of this machine. Needs moto, and for some of them the AWS provider; says so where
 * they are not.
 */
export default defineConfig({
  test: {
    ...config.test,
    include: ON_AWS.map((folder) => `${folder}/*.test.ts`),
    exclude: ['**/node_modules/**'],
    globalSetup: ['test/support/build-once.ts', 'test/support/build-aws.ts'],
    testTimeout: 300_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});
