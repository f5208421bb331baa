import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseInfraConfig } from '../../../infra/config/load-config.ts';
import { INFRA, jsonSchema, withReference } from '../../../scripts/schema.ts';

const page = readFileSync(INFRA.page, 'utf8');
const examples = [...page.matchAll(/```yaml\n((?:account|region):[\s\S]*?)```/g)].map(
  ([, text]) => text ?? '',
);

describe('what is made of the schema', () => {
  it('is up to date (else run `npx tsx scripts/schema.ts`)', () => {
    expect(JSON.parse(readFileSync(INFRA.jsonFile, 'utf8'))).toEqual(jsonSchema(INFRA));
    expect(withReference(page, INFRA)).toBe(page);
  });

  it('describes every key', () => {
    const rows = page.split('\n').filter((line) => line.startsWith('| `'));

    expect(rows.length).toBeGreaterThan(35);
    expect(rows.filter((row) => /\|\s*\|$/.test(row))).toEqual([]);
  });

  it('takes the examples of the documentation, and so does the JSON schema', () => {
    const check = new Ajv2020({ strict: false }).compile(jsonSchema(INFRA));

    expect(examples).toHaveLength(2);
    for (const example of examples) {
      expect(parseInfraConfig(example).repositories.map(({ name }) => name)).toEqual(['acme/infra']);
      expect(check(parse(example)), JSON.stringify(check.errors)).toBe(true);
    }
    expect(check({ ...parse(examples[0] ?? ''), regoin: 'eu-west-1' })).toBe(false);
  });

  it('stands where the page says that its schema is', () => {
    expect(page).toContain(`schema/${path.basename(INFRA.jsonFile)}`);
  });
});
