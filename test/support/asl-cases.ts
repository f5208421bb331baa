import { readFileSync } from 'node:fs';

/** A definition, an input, and what comes of it. */
export interface AslCase {
  id: string;
  definition: unknown;
  input: unknown;
  countCallsOf?: string;
  expect: {
    output?: unknown;
    error?: string;
    cause?: string;
    calls?: number;
    gapsSeconds?: number[];
    minMs?: number;
  };
}

const file = new URL('../fixtures/asl-cases.json', import.meta.url);

/** What Step Functions does, for every engine that runs our workflows. */
export const ASL_CASES = (JSON.parse(readFileSync(file, 'utf8')) as { cases: AslCase[] }).cases;
