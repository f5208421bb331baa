import type { Failure, RunDocument } from '../../runs/document.ts';
import { readResult } from '../../runs/results.ts';
import { loadDocument, saveDocument } from '../../runs/store.ts';
import { documentInput } from '../input.ts';
import { step } from '../step.ts';

/** A deployment is good when its environment answers; after a rollback a failing check means `broken`. */
export const reviewVerify = step({
  input: documentInput,
  ports: ['artifacts'],
  async run({ doc: key }, ports) {
    const doc = await loadDocument(ports, key);
    if (!doc.verify) throw new Error(`run ${doc.runId} has no check to review`);
    const result = await readResult(ports, doc.verify.job);
    const ok = result.status === 'ok';
    const next: RunDocument = { ...doc, verify: { ...doc.verify, ok } };
    if (ok) return { outcome: 'done', doc: await saveDocument(ports, next) };

    const failure: Failure = {
      project: null,
      stage: 'verify',
      message: result.error ?? 'The check failed; its log says why.',
      job: doc.verify.job,
    };
    if (doc.phase === 'rollback') {
      const broken = `the check fails at the last good commit too: ${failure.message}`;
      return { outcome: 'done', doc: await saveDocument(ports, { ...next, outcome: 'broken', broken }) };
    }
    const failed: RunDocument = { ...next, failure: doc.failure ?? failure, outcome: 'failed' };
    return { outcome: 'rollback', doc: await saveDocument(ports, failed) };
  },
});
