import { describe, expect, test } from 'vitest';
import { code, fenced, htmlCode, link, prose, sentence } from '../../../core/reports/markdown.ts';

describe('prose', () => {
  test.each([
    ['ask @acme/ops', 'ask @\u200bacme/ops'],
    ['see #12 and GH-3', 'see #\u200b12 and GH-\u200b3'],
    ['<b>&</b>', '&lt;b&gt;&amp;&lt;/b&gt;'],
    ['a_b*c`d|e[f](g)~h$i', 'a\\_b\\*c\\`d\\|e\\[f\\](g)\\~h\\$i'],
    ['# no heading', '\\# no heading'],
    ['- no list', '\\- no list'],
    ['1. no list', '1\u200b. no list'],
    ['two\nlines', 'two lines'],
    ['turned \u202e round', 'turned \\\\u202e round'],
  ])('%j is %j', (text, expected) => {
    expect(prose(text)).toBe(expected);
  });
});

describe('code', () => {
  test.each([
    ['a.x', '`a.x`'],
    ['a`b', '``a`b``'],
    ['`a', '`` `a ``'],
    ['@team', '`@team`'],
    ['a|b', '`a|b`'],
    ['', '` `'],
  ])('%j is %j', (text, expected) => {
    expect(code(text)).toBe(expected);
  });

  test('escapes the pipe that would end a cell', () => {
    expect(code('a|b', 'table')).toBe('`a\\|b`');
  });
});

describe('sentence', () => {
  test('shows what stands in backticks, and the name, as code', () => {
    expect(sentence('a_x is @here, `b_*` not', undefined)).toBe('a\\_x is @\u200bhere, `b_*` not');
    expect(sentence('a_x["1"] goes', 'a_x["1"]')).toBe('`a_x["1"]` goes');
  });

  test('takes no stray backtick for the beginning of code', () => {
    expect(sentence('```<details>```')).not.toContain('<');
  });
});

test('fenced takes one backtick more than the longest run', () => {
  expect(fenced('x ```` y', 'diff')).toBe('`````diff\nx ```` y\n`````');
});

test('htmlCode escapes what HTML reads', () => {
  expect(htmlCode('</summary>"&')).toBe('<code>&lt;/summary&gt;&quot;&amp;</code>');
});

test('a link cannot be closed by its address', () => {
  expect(link('x', 'https://a.example/(b) c?d=%20e')).toBe('[x](https://a.example/%28b%29%20c?d=%20e)');
});
