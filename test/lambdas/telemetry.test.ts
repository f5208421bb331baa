import { afterEach, beforeEach, expect, test } from 'vitest';
import { telemetryOf } from '../../lambdas/telemetry.ts';
import { contextOf } from './support.ts';

let lines: Record<string, unknown>[];
const write = process.stdout.write;
const writeError = process.stderr.write;

/** Powertools write to the streams themselves. */
beforeEach(() => {
  lines = [];
  const keep = (chunk: string | Uint8Array) => {
    for (const line of chunk.toString().split('\n')) if (line.startsWith('{')) lines.push(JSON.parse(line));
    return true;
  };
  process.stdout.write = keep as typeof write;
  process.stderr.write = keep as typeof write;
});

afterEach(() => {
  process.stdout.write = write;
  process.stderr.write = writeError;
});

test('a log line is JSON with its fields, those of the invocation, and none of the one before', () => {
  const { log, begin } = telemetryOf('ClaimRun');

  begin(contextOf(), { runId: 'r1' });
  log('info', 'first', { step: 'a' });
  begin(contextOf(), {});
  log('error', 'second', {});

  expect(lines).toMatchObject([
    {
      level: 'INFO',
      message: 'first',
      service: 'cairn',
      function: 'ClaimRun',
      runId: 'r1',
      step: 'a',
      function_request_id: '5f1c7f0e-0000-4000-8000-000000000000',
    },
    { level: 'ERROR', message: 'second', function: 'ClaimRun' },
  ]);
  expect(lines[1]).not.toHaveProperty('runId');
});

test('metrics are lines in CloudWatch’s embedded format, by error and not by function', () => {
  const { count } = telemetryOf('ClaimRun');

  count('Errors', { error: 'Unavailable' });
  count('StuckLocks', {}, 2);

  expect(lines).toMatchObject([
    { Errors: 1, error: 'Unavailable', service: 'cairn', function: 'ClaimRun' },
    { StuckLocks: 2, service: 'cairn' },
  ]);
  const dimensions = lines.map(({ _aws: aws }) => {
    const { CloudWatchMetrics: metrics } = aws as {
      CloudWatchMetrics: { Namespace: string; Dimensions: string[][] }[];
    };
    return metrics.map(({ Namespace, Dimensions }) => [Namespace, ...Dimensions.flat().sort()]);
  });
  expect(dimensions).toEqual([[['Cairn', 'error', 'service']], [['Cairn', 'service']]]);
});
