import { defineConfig } from 'vitest/config';

/** The layer of `npm run test:aws`. */
export const ON_AWS = ['test/aws/**', 'test/executor/aws/**', 'test/workflows/moto/**'];

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...ON_AWS, 'test/crash/**', 'test/containers/**', '**/node_modules/**'],
    globalSetup: ['test/support/build-once.ts'],
    setupFiles: ['test/support/each-file.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    // A worker loads a module once for all its files: no module keeps anything between tests, and none is mocked.
    isolate: false,
  },
});
