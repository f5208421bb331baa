import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InvalidInput } from '../../../core/errors.ts';
import { readActionsEvent, requestFromActions } from '../../../core/requests/actions.ts';
import { branchName, repositoryName } from '../../../core/requests/request.ts';
import { COMMIT, RUN } from './workflow-run.ts';

const wild = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc
    .array(
      fc.constantFrom(
        'deploy',
        'plan',
        'ephemeral',
        'destroy',
        'run',
        'approve',
        ':',
        '/',
        'acme/shop',
        'main',
        '..',
        '\n',
        '*',
        ' ',
      ),
      {
        maxLength: 9,
      },
    )
    .map((parts) => parts.join('')),
);

test('a wild detail-type is refused in Cairn’s words, or names a repository and a branch as they are written', () => {
  fc.assert(
    fc.property(wild, fc.anything(), (detailType, detail) => {
      let ask: ReturnType<typeof readActionsEvent>;
      try {
        const claims = {
          environment: 'prod',
          pull: 1,
          run_id: 1,
          project: 'app',
          args: '["output"]',
          digest: 'abcdef0',
        };
        ask = readActionsEvent(detailType, { ...claims, ...Object(detail) });
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidInput);
        return;
      }
      expect(`${ask.what.command}:${ask.repository}:${ask.branch}`).toBe(detailType);
      expect(['plan', 'deploy', 'ephemeral', 'destroy', 'run', 'approve']).toContain(ask.what.command);
      expect(repositoryName.safeParse(ask.repository).success).toBe(true);
      expect(branchName.safeParse(ask.branch).success).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('a wild detail never changes who asks, or of what', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (claims) => {
      const detail = { ...claims, run_id: 42, environment: 'prod', commit: COMMIT, pull: 3 };

      const asked = requestFromActions(readActionsEvent('deploy:acme/shop:main', detail), RUN, 'main');

      expect(asked.repository).toBe('acme/shop');
      expect(asked.origin).toMatchObject({ source: 'actions', login: 'alice' });
    }),
  );
});
