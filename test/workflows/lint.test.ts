import { readdirSync, readFileSync } from 'node:fs';
import validate from 'asl-validator';
import { expect, test } from 'vitest';
import { lintWorkflow } from '../support/asl-lint.ts';

const folder = new URL('../../workflows/', import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith('.asl.json'));

test('there are workflows', () => {
  expect(names).toEqual(expect.arrayContaining(['deploy.asl.json', 'plan.asl.json']));
});

test.each(names)('%s lies in the subset', (name) => {
  const problems = lintWorkflow(load(name));

  expect(problems).toEqual([]);
});

test.each(names)('%s is valid ASL', (name) => {
  const result = validate(load(name), { checkPaths: true, checkArn: true });

  expect(result.errorsText('\n')).toBe('');
});

function load(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
}
