import { outputsKey } from '../../environments/outputs.ts';
import { noteStaleLock } from '../../environments/stale-lock.ts';
import type { JobResult } from '../../jobs/job.ts';
import { readApplied } from '../../runs/applied.ts';
import { currentPass, type RunDocument, touchedTheWorld } from '../../runs/document.ts';
import { noteApplies } from '../../runs/pass.ts';
import { loadDocument, saveDocument } from '../../runs/store.ts';
import { tell } from '../../runs/tell.ts';
import { waveWords } from '../../runs/wave-words.ts';
import { documentInput } from '../input.ts';
import { step } from '../step.ts';

/** The next wave starts only if every apply of this one went through. */
export const reviewApplies = step({
  input: documentInput,
  ports: ['artifacts', 'clock', 'jobs', 'status'],
  async run({ doc: key }, ports) {
    const before = await loadDocument(ports, key);
    const pass = currentPass(before);
    const results: Record<string, JobResult> = {};
    for (const name of pass.waves[pass.wave] ?? []) {
      const apply = pass.projects[name]?.apply;
      if (apply && pass.projects[name]?.status === 'planned')
        results[name] = await readApplied(before, apply.job, ports);
    }
    for (const [name, { status, outputs, lockId }] of Object.entries(results)) {
      if (lockId) await noteStaleLock(ports, before, name, lockId);
      if (status === 'ok') await ports.artifacts.put(outputsKey(before, name), JSON.stringify(outputs ?? {}));
    }
    const { doc, failure } = noteApplies(before, results);
    if (!failure || currentPass(doc).stage === 'applied') {
      const saved = await saveDocument(ports, doc);
      const said = failure
        ? `The apply of ${failure.project} failed.`
        : waveWords(pass, Object.keys(results), 'done');
      await tell(ports, doc, 'apply.finished', said);
      return { outcome: 'next', doc: saved };
    }
    const next: RunDocument = { ...doc, failure: doc.failure ?? failure, outcome: 'failed' };
    if (doc.phase === 'rollback') {
      const broken = `the way back failed: the apply of ${failure.project}: ${failure.message}`;
      return { outcome: 'done', doc: await saveDocument(ports, { ...next, outcome: 'broken', broken }) };
    }
    const saved = await saveDocument(ports, next);
    await tell(ports, next, 'apply.finished', `The apply of ${failure.project} failed.`);
    return { outcome: touchedTheWorld(next) ? 'rollback' : 'done', doc: saved };
  },
});
