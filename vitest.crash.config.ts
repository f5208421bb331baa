import { defineConfig } from 'vitest/config';
import config from './vitest.config.ts';

/** `npm run test:crash`: what takes minutes, beside `npm test`. */
export default defineConfig({
  test: {
    ...config.test,
    include: ['test/crash/**/*.test.ts'],
    exclude: ['**/node_modules/**'],
    testTimeout: 1_200_000,
    hookTimeout: 120_000,
  },
});
