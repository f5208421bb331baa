import type { RunDocument } from '../runs/document.ts';
import { readResult } from '../runs/results.ts';
import { loadDocument, saveDocument } from '../runs/store.ts';
import { documentInput } from './input.ts';
import { step } from './step.ts';

/** A build that failed stops the deploy before anything is planned; its outputs become variables. */
export const reviewBuild = step({
  input: documentInput,
  ports: ['artifacts'],
  async run({ doc: key }, ports) {
    const doc = await loadDocument(ports, key);
    if (!doc.build) throw new Error(`run ${doc.runId} has no build`);
    const result = await readResult(ports, doc.build.job);
    if (result.status === 'ok') {
      const outputs = Object.fromEntries(
        Object.entries(result.outputs ?? {}).map(([k, v]) => [k, String(v)]),
      );
      return {
        outcome: 'next',
        doc: await saveDocument(ports, { ...doc, build: { ...doc.build, outputs } }),
      };
    }
    const failed: RunDocument = {
      ...doc,
      outcome: 'failed',
      failure: {
        project: null,
        stage: 'build',
        message: result.error ?? 'The build failed.',
        job: doc.build.job,
      },
    };
    return { outcome: 'done', doc: await saveDocument(ports, failed) };
  },
});
