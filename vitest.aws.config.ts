import { defineConfig } from 'vitest/config';
import config from './vitest.config.ts';

/**
 * `npm run test:aws`: the stacks' own wiring on an emulator of AWS, with the functions and the executor as processes
 * of this machine. Needs moto, and for the last of them the AWS provider; says so where they are not.
 */
export default defineConfig({
  test: {
    ...config.test,
    include: ['test/aws/**/*.test.ts'],
    exclude: ['**/node_modules/**'],
    globalSetup: ['test/support/build-once.ts', 'test/support/build-aws.ts'],
    testTimeout: 300_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});
