import { expect, test } from 'vitest';
import { EMPTY_LINE, lineOf, markEmptyLines } from '../../../../adapters/aws/jobs/lines.ts';

test.each(['', 'one\n', '\n', '\n\n\n', 'one\n\n\ntwo\n', '\none\r\n\r\n', ' \n\t\n'])(
  '%j comes back as it was',
  (text) => {
    // An event per line, none for an empty one.
    const events = markEmptyLines(text)
      .split('\n')
      .filter((line) => line !== '');

    expect(events.map(lineOf).join('')).toBe(text);
  },
);

test('only empty lines are marked', () => {
  expect(markEmptyLines('one\n\n two\n')).toBe(`one\n${EMPTY_LINE}\n two\n`);
});
