import type { Ports } from '../../ports.ts';
import { bodyOf, MOST_BUILD } from '../../record/builds.ts';
import type { RunDocument } from '../../runs/document.ts';
import { readResult } from '../../runs/results.ts';
import { loadDocument, saveDocument } from '../../runs/store.ts';
import { documentInput } from '../input.ts';
import { step } from '../step.ts';

/** Of a variable that a build may set. */
const NAME = /^(?!cairn_)[A-Za-z_][A-Za-z0-9_]*$/;

/** A build that failed stops the deploy before anything is planned; its outputs become variables. */
export const reviewBuild = step({
  input: documentInput,
  ports: ['artifacts'],
  async run({ doc: key }, ports) {
    const doc = await loadDocument(ports, key);
    if (!doc.build) throw new Error(`run ${doc.runId} has no build`);
    const result = await readResult(ports, doc.build.job);
    if (result.status === 'ok') {
      // The job refuses names of Cairn's own; the code that it ran may have written this in its place.
      const named = Object.entries(result.outputs ?? {}).filter(([name]) => NAME.test(name));
      const outputs = Object.fromEntries(named.map(([name, value]) => [name, String(value)]));
      if (Buffer.byteLength(bodyOf(outputs)) > MOST_BUILD) return failed(doc, TOO_MUCH, ports);
      return {
        outcome: 'next',
        doc: await saveDocument(ports, { ...doc, build: { ...doc.build, outputs } }),
      };
    }
    return failed(doc, result.error ?? 'The build failed.', ports);
  },
});

/** The record keeps them for a way back, which is not to find out that they were too much for it. */
const TOO_MUCH = `The build's outputs are more than ${MOST_BUILD / 1000} KB as JSON. Outputs are names and addresses, not files.`;

async function failed(
  doc: RunDocument,
  message: string,
  ports: Pick<Ports, 'artifacts'>,
): Promise<Record<string, unknown>> {
  const failure = { project: null, stage: 'build' as const, message, job: doc.build?.job ?? null };
  return { outcome: 'done', doc: await saveDocument(ports, { ...doc, outcome: 'failed', failure }) };
}
