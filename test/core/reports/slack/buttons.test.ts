import { expect, test } from 'vitest';
import {
  approvalButtons,
  environmentButtons,
  readButtonValue,
} from '../../../../core/reports/slack/buttons.ts';

interface Button {
  action_id: string;
  value: string;
  text: { text: string };
  confirm: Record<'title' | 'text' | 'confirm' | 'deny', { text: string }>;
}

/** The longest names that there are. */
const OF = {
  repository: `${'a'.repeat(39)}/${'b'.repeat(100)}`,
  environment: 'e'.repeat(50),
  run: '0123456789abcdef0123',
};

function buttonsOf(block: unknown): Button[] {
  return (block as { elements: Button[] }).elements;
}

test('a deploy is approved or rejected by the digest of the plan that is shown', () => {
  const digest = 'd'.repeat(64);

  const [approve, reject] = buttonsOf(approvalButtons({ ...OF, digest }));

  expect(approve?.action_id).toBe('cairn:approve');
  expect(reject?.action_id).toBe('cairn:reject');
  expect(readButtonValue(approve?.value ?? '')).toEqual({ ...OF, digest });
  expect(approve?.confirm.text.text).toContain('plan ddddddd for eee');
});

test('an ephemeral environment is extended or ended', () => {
  const [extend, end] = buttonsOf(environmentButtons(OF));

  expect([extend?.action_id, end?.action_id]).toEqual(['cairn:extend', 'cairn:end']);
  expect(extend?.text.text).toBe('Extend by 4h');
  expect(readButtonValue(end?.value ?? '')).toEqual(OF);
});

test('each stays within the limits of Block Kit, with the longest names', () => {
  const all = [approvalButtons({ ...OF, digest: 'd'.repeat(64) }), environmentButtons(OF)].flatMap(buttonsOf);

  for (const { value, text, confirm } of all) {
    expect(value.length).toBeLessThanOrEqual(2000);
    expect(text.text.length).toBeLessThanOrEqual(75);
    expect(confirm.title.text.length).toBeLessThanOrEqual(100);
    expect(confirm.text.text.length).toBeLessThanOrEqual(300);
    expect(confirm.confirm.text.length).toBeLessThanOrEqual(30);
    expect(confirm.deny.text.length).toBeLessThanOrEqual(30);
  }
});

test.each([
  ['no JSON', 'prod'],
  ['no repository', '{"environment":"prod"}'],
  ['a path', '{"repository":"../x","environment":"prod"}'],
  ['a digest that is none', '{"repository":"acme/shop","environment":"prod","digest":"$(id)"}'],
  ['more than a value can hold', JSON.stringify({ ...OF, more: 'x'.repeat(3000) })],
])('a value that is not ours is null: %s', (_what, value) => {
  expect(readButtonValue(value)).toBeNull();
});
