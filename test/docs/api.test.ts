import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseRequestBody } from '../../api/requests.ts';
import { v1Routes } from '../../api/v1.ts';
import { testHost } from '../api/host.ts';

const API = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8');

/** Requests as they stand there, with digits in place of a commit that is left out. */
const REQUESTS = (/## Asking[\s\S]*?```json\n([\s\S]*?)```/.exec(API)?.[1] ?? '')
  .trim()
  .split('\n')
  .map((line) => line.replaceAll('"…"', `"${'c'.repeat(40)}"`));

describe('docs/api.md', () => {
  it.each(REQUESTS)('%s is a request', (line) => {
    expect(parseRequestBody(line)).toMatchObject({ command: expect.any(String) });
  });

  it('has a request of every command', () => {
    const commands = new Set(REQUESTS.map((line) => parseRequestBody(line).command));

    expect([...commands].sort()).toEqual(
      'approve deploy destroy drift ephemeral extend freeze plan reject rollback run unfreeze'.split(' '),
    );
  });

  it('has every address', () => {
    const routes = v1Routes(testHost())
      .routes.filter(({ method, path }) => method !== 'ALL' && path !== '/*')
      .map(({ path }) =>
        path
          .replace(':owner/:name/:environment', 'OWNER/NAME/ENV')
          .replace(':id', 'ID')
          .replace(':job', 'JOB'),
      );

    const missing = routes.filter((path) => !new RegExp(`\`(GET|POST) /api/v1${path}[?\`]`).test(API));
    expect(routes.length).toBeGreaterThan(10);
    expect(missing).toEqual([]);
  });
});
