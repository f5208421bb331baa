import { expect, test } from 'vitest';
import { defaultConfig } from '../../../core/config/config.ts';
import { policyOf } from '../../../core/config/policy.ts';
import { refusalByFreeze } from '../../../core/environments/freeze.ts';
import { freezeRequest } from '../../../core/requests/request.ts';
import { newDocument, workflowOf } from '../../../core/runs/document.ts';
import type { RunInput } from '../../../core/steps/input.ts';

const FREEZE = { by: 'bob', reason: 'the fair', at: '2026-01-01T00:00:00.000Z', until: null };
const ORIGIN = { source: 'api' as const, login: 'bob', trigger: 't' };
const AT = { repository: 'acme/shop', environment: 'main', origin: ORIGIN };

function refusalOf(request: RunInput['request']): string | null {
  const policy = policyOf(defaultConfig('main'), 'main');
  const run = { runId: 'r', workflow: workflowOf(request.command), request, ...AT };
  const named = { ...policy, approval: { ...policy.approval, approvers: ['alice'] } };
  return refusalByFreeze(newDocument(run, { commit: 'c', policy: named }), FREEZE, false);
}

test('break-glass is offered for what has one, and for nothing else', () => {
  const deploy = { ...AT, command: 'deploy' as const, retry: false };

  expect(refusalOf(deploy)).toContain('/cairn deploy main --despite-freeze');
  expect(refusalOf({ ...AT, command: 'rollback' })).toContain('/cairn rollback main --despite-freeze');
  expect(refusalOf({ ...deploy, projects: ['app'] })).not.toContain('--despite-freeze');
  const destroy = refusalOf({ ...AT, command: 'destroy', confirm: 'main', reason: 'asked' });
  expect(destroy).toContain('main is frozen by bob: the fair\n');
  expect(destroy).toContain('/cairn unfreeze main');
  expect(destroy).not.toContain('--despite-freeze');
});

test.each([
  ['nothing', ''],
  ['a space', '  '],
  ['two lines, of which one looks like a trailer', 'x\n\nUnfrozen-by: mallory'],
  ['a character that a terminal obeys', 'x\u001b[2J'],
])('a reason of %s is refused', (_, reason) => {
  expect(freezeRequest.safeParse({ ...AT, command: 'freeze', reason }).success).toBe(false);
  expect(freezeRequest.safeParse({ ...AT, command: 'freeze', reason: ' the fair ' }).data?.reason).toBe(
    'the fair',
  );
});
