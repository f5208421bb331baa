import { noteStaleLock, staleLock } from '../../environments/stale-lock.ts';
import { JOB_FILES } from '../../jobs/files.ts';
import type { JobResult } from '../../jobs/job.ts';
import type { Ports } from '../../ports.ts';
import { readApplied } from '../../runs/applied.ts';
import type { RunDocument } from '../../runs/document.ts';
import { readResult } from '../../runs/results.ts';
import { loadDocument, saveDocument } from '../../runs/store.ts';
import { tell } from '../../runs/tell.ts';
import { inWords } from '../../terraform/check-command.ts';
import { cutOutput } from '../../terraform/cut-output.ts';
import { documentInput } from '../input.ts';
import { step } from '../step.ts';

/** Reads what the command printed, and how it ended. One that ended without a word is never run again. */
export const reviewCommand = step({
  input: documentInput,
  ports: ['artifacts', 'clock', 'jobs', 'status'],
  async run({ doc: key }, ports) {
    const doc = await loadDocument(ports, key);
    const { terraform } = doc;
    if (!terraform?.job) throw new Error(`run ${doc.runId} has no command to review`);
    const { job, writes, project, args } = terraform;
    const result = writes ? await readApplied(doc, job, ports) : await readResult(ports, job);
    if (writes) await noteLock(doc, project, result, ports);

    const ok = result.status === 'ok';
    const output = await outputOf(job, ports);
    const next: RunDocument = {
      ...doc,
      terraform: { ...terraform, output, exitOk: ok },
      outcome: ok ? 'ran' : 'failed',
      failure: ok ? null : { project, stage: 'command', message: errorOf(result), job },
    };
    const saved = await saveDocument(ports, next);
    await tell(ports, next, 'command.finished', `${inWords(args)} ${ok ? 'went through' : 'failed'}.`);
    return { outcome: next.outcome, doc: saved };
  },
});

function errorOf({ status, error }: JobResult): string {
  return error ?? `The command ended ${status}; its log says why.`;
}

/** A command that went through had the state's lock, and gave it back. */
async function noteLock(
  doc: RunDocument,
  project: string,
  { status, lockId }: JobResult,
  ports: Pick<Ports, 'artifacts'>,
): Promise<void> {
  if (lockId) await noteStaleLock(ports, doc, project, lockId);
  else if (status === 'ok' && (await staleLock(ports, doc, project)) !== null) {
    await noteStaleLock(ports, doc, project, null);
  }
}

async function outputOf(job: string, ports: Pick<Ports, 'artifacts'>) {
  const key = `${job}/out/${JOB_FILES.output}`;
  if (!(await ports.artifacts.has(key))) return null;
  return cutOutput(new TextDecoder().decode(await ports.artifacts.get(key)));
}
