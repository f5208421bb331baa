import { expect, test } from 'vitest';
import { leftOf, rememberedLeft } from '../../../core/ephemeral/left.ts';
import { memoryArtifacts } from '../../support/fakes/stores.ts';

const JOB = 'jobs/a/b/ephemeral/deploy-plan/run/read-5-app';

async function listed(result: object | null, output: string | null): Promise<string[] | null> {
  const artifacts = memoryArtifacts();
  const base = { version: 1, id: 'read-5-app', status: 'ok' };
  if (result) await artifacts.put(`${JOB}/out/result.json`, JSON.stringify({ ...base, ...result }));
  if (output !== null) await artifacts.put(`${JOB}/out/output.txt`, output);
  return leftOf({ artifacts }, JOB);
}

test('what was made is left, what was only read is not', async () => {
  const output = [
    'aws_vpc.main',
    'data.aws_ami.it',
    'module.a["x.y"].module.data.aws_subnet.it[0]',
    'module.a["x"].data.aws_region.here',
    '',
  ].join('\n');

  const left = await listed({}, output);

  expect(left).toEqual(['aws_vpc.main', 'module.a["x.y"].module.data.aws_subnet.it[0]']);
});

test.each([
  [
    'a state that never was holds nothing',
    { status: 'failed', error: 'No state file was found!\n\nState …' },
    null,
    [],
  ],
  ['a list that failed leaves nobody knowing', { status: 'failed', error: 'AccessDenied' }, null, null],
  ['a job that left nothing as well', null, null, null],
  ['and one without its output', {}, null, null],
  ['an empty list is nothing', {}, '\n', []],
])('%s', async (_name, result, output, expected) => {
  expect(await listed(result, output)).toEqual(expected);
});

test('what is remembered is short, and says how much more there is', () => {
  const many = Array.from({ length: 5000 }, (_, n) => `module.${'x'.repeat(400)}.aws_instance.it[${n}]`);

  const kept = rememberedLeft({ app: many, network: ['aws_vpc.main'], lost: null });

  expect(kept['network']).toEqual(['aws_vpc.main']);
  expect(kept['lost']).toBeNull();
  expect(kept['app']).toHaveLength(101);
  expect(kept['app']?.at(-1)).toBe('… and 4900 more');
  expect(JSON.stringify(kept).length).toBeLessThan(64_000);
});
