import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinWords, splitWords } from '../../../core/terraform/split-words.ts';

describe('cutting a line into words', () => {
  it.each([
    ['state list', ['state', 'list']],
    ['  output \t -json  ', ['output', '-json']],
    ['state show \'aws_x.y["a b"]\'', ['state', 'show', 'aws_x.y["a b"]']],
    ['state show aws_x.y["a b"]', ['state', 'show', 'aws_x.y["a b"]']],
    ['state show "aws_x.y[\\"a b\\"]"', ['state', 'show', 'aws_x.y["a b"]']],
    ['state show aws_x.y[\\"a\\"]', ['state', 'show', 'aws_x.y["a"]']],
    ['aws_x.y["a\\"b"].z', ['aws_x.y["a\\"b"].z']],
    ['apply -replace=\'a.b["x"]\'', ['apply', '-replace=a.b["x"]']],
    ["import a.b ''", ['import', 'a.b', '']],
    ['import a.b "two words"', ['import', 'a.b', 'two words']],
    ['$(id) `id` ; rm *', ['$(id)', '`id`', ';', 'rm', '*']],
    ['', []],
  ])('%s', (line, words) => {
    expect(splitWords(line)).toEqual(words);
  });

  it.each([
    ["state show 'a.b", /never closed/],
    ['a "b', /character 3/],
    ['x["a', /never closed/],
    ['a \\', /takes no/],
  ])('%s is a mistake', (line, why) => {
    expect(splitWords(line)).toEqual({ problem: expect.stringMatching(why) });
  });

  it('gives back what was joined', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('a["b c"]', "'", '"', '\\', '')),
          {},
        ),
        (words) => {
          expect(splitWords(joinWords(words))).toEqual(words);
        },
      ),
      { numRuns: 400 },
    );
  });
});
