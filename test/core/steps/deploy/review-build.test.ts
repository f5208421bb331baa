import { expect, test } from 'vitest';
import type { RunDocument } from '../../../../core/runs/document.ts';
import { loadDocument } from '../../../../core/runs/store.ts';
import { reviewBuild } from '../../../../core/steps/deploy/review-build.ts';
import { memoryArtifacts } from '../../../support/fakes/stores.ts';

const JOB = 'jobs/acme/infra/ephemeral/build/0123456789abcdef0123/build-1';
const DOC = 'runs/0123456789abcdef0123/documents/0001.json';

test("what a build's code wrote in the name of its job sets no variable of Cairn's", async () => {
  const artifacts = memoryArtifacts();
  const doc = { runId: '0123456789abcdef0123', n: 1, build: { job: JOB, outputs: null } };
  const outputs = { image: 'app:1', port: 80, cairn_environment: 'prod', cairn_state: '{}', 'a=b': 'x' };
  await artifacts.put(DOC, JSON.stringify(doc));
  await artifacts.put(
    `${JOB}/out/result.json`,
    JSON.stringify({ version: 1, id: 'build-1', status: 'ok', outputs }),
  );

  const answer = await reviewBuild.run({ doc: DOC }, { artifacts });

  const next: RunDocument = await loadDocument({ artifacts }, String(answer['doc']));
  expect(answer['outcome']).toBe('next');
  expect(next.build?.outputs).toEqual({ image: 'app:1', port: '80' });
});

test.each([
  ['characters that take six in JSON', '\u0001'.repeat(256 * 1024)],
  ['more than the job lets through', 'x'.repeat(1_000_000)],
])(
  'outputs that the record could not be read with stop the deploy before anything is planned: %s',
  async (_, value) => {
    const artifacts = memoryArtifacts();
    const doc = { runId: '0123456789abcdef0123', n: 1, build: { job: JOB, outputs: null } };
    await artifacts.put(DOC, JSON.stringify(doc));
    await artifacts.put(
      `${JOB}/out/result.json`,
      JSON.stringify({ version: 1, id: 'build-1', status: 'ok', outputs: { manifest: value } }),
    );

    const answer = await reviewBuild.run({ doc: DOC }, { artifacts });

    const next = await loadDocument({ artifacts }, String(answer['doc']));
    expect(answer['outcome']).toBe('done');
    expect(next).toMatchObject({ outcome: 'failed', failure: { stage: 'build', job: JOB } });
    expect(next.failure?.message).toContain('more than 900 KB');
  },
);
