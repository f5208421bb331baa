import { defineConfig } from 'vitest/config';
import config from './vitest.config.ts';

/** `npm run test:containers`: the images, built and run. Needs root and podman; says so where it has not. */
export default defineConfig({
  test: {
    ...config.test,
    include: ['test/containers/**/*.test.ts'],
    exclude: ['**/node_modules/**'],
    globalSetup: ['test/support/containers-setup.ts'],
    testTimeout: 180_000,
    hookTimeout: 300_000,
    fileParallelism: false,
  },
});
