import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseConfig } from '../../../core/config/config.ts';
import { CAIRN, jsonSchema, withReference } from '../../../scripts/schema.ts';

const page = readFileSync(CAIRN.page, 'utf8');
const example = /```yaml\n(environments:[\s\S]*?)```/.exec(page)?.[1] ?? '';

describe('what is made of the schema', () => {
  it('is up to date (else run `npx tsx scripts/schema.ts`)', () => {
    expect(JSON.parse(readFileSync(CAIRN.jsonFile, 'utf8'))).toEqual(jsonSchema(CAIRN));
    expect(withReference(page, CAIRN)).toBe(page);
  });

  it('describes every key', () => {
    const rows = page.split('\n').filter((line) => line.startsWith('| `'));

    expect(rows.length).toBeGreaterThan(40);
    expect(rows.filter((row) => /\|\s*\|$/.test(row))).toEqual([]);
  });

  it('takes the example of the documentation, and so does the JSON schema', () => {
    const check = new Ajv2020({ strict: false }).compile(jsonSchema(CAIRN));

    expect(Object.keys(parseConfig(example).environments)).toEqual(['staging', 'prod']);
    expect(check(parse(example))).toBe(true);
    expect(check({ environments: { prod: { branch: 'main', aproval: {} } } })).toBe(false);
  });
});
