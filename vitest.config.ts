import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/aws/**', 'test/crash/**', 'test/containers/**', '**/node_modules/**'],
    globalSetup: ['test/support/build-once.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    // A worker loads a module once for all its files: no module keeps anything between tests, and none is mocked.
    isolate: false,
  },
});
