import { expect, it } from 'vitest';
import type { TerraformPlan } from '../../../core/plans/plan.ts';
import { readJson } from '../../../core/plans/read-json.ts';
import { redactPlan } from '../../../core/plans/redact.ts';

it.each([
  [
    '{"n":9999888877776667,"m":[-12345678901234567890],"e":1e3}',
    { n: '9999888877776667', m: ['-12345678901234567890'], e: 1000 },
  ],
  ['{"n":1000000000000000000000}', { n: '1000000000000000000000' }],
  ['{"n":0.12345678901234567890}', { n: '0.12345678901234567890' }],
  ['{"n":123456789.123456789}', { n: '123456789.123456789' }],
  ['{"n":1234567890123456,"x":0.5}', { n: 1234567890123456, x: 0.5 }],
])('%s keeps every digit', (text, value) => {
  expect(readJson(text)).toEqual(value);
});

it('leaves texts as they are, whatever stands in them', () => {
  const value = {
    'a 9999888877776667': ['x: 9999888877776667, "y": 9999888877776667', '\\', '"', '9999888877776667'],
  };

  expect(readJson(JSON.stringify(value))).toEqual(value);
  expect(
    readJson(JSON.stringify(['x'.repeat(5_000_000), '\\"'.repeat(500_000), '9'.repeat(20)])),
  ).toHaveLength(3);
});

it('refuses what is no JSON', () => {
  expect(() => readJson('{"n":9999888877776667')).toThrow(SyntaxError);
});

it('quotes nothing of what it could not read', () => {
  expect(() => readJson('hunter2')).toThrow(/^what should be JSON is none, or was cut off$/);
});

it('hides the number that terraform prints, not one that it was rounded to', () => {
  const plan = readJson(
    '{"format_version":"1.2","resource_changes":[{"address":"x.a","mode":"managed","type":"x","name":"a","change":{"actions":["create"],"before":null,"after":{"card":9999888877776667,"copy":9999888877776667},"after_sensitive":{"card":true}}}]}',
  ) as TerraformPlan;

  const { changes, secrets } = redactPlan(plan, 'ab'.repeat(32));

  expect(secrets).toEqual(['9999888877776667']);
  expect(JSON.stringify(changes)).not.toMatch(/99998888/);
});
