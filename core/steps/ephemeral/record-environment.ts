import { forgetEnvironment } from '../../ephemeral/forget.ts';
import { isEphemeral } from '../../ephemeral/name.ts';
import type { Ports } from '../../ports.ts';
import { recordNews } from '../../record/ephemeral/ephemeral.ts';
import type { EphemeralNews } from '../../record/ephemeral/schema.ts';
import { readRecord } from '../../record/read.ts';
import { takenDown } from '../../record/taken-down.ts';
import { writeRecord } from '../../record/write.ts';
import type { RunDocument } from '../../runs/document.ts';
import { loadDocument } from '../../runs/store.ts';
import { documentInput } from '../input.ts';
import { step } from '../step.ts';

/** Leaves the mark in Git of what became of an environment, and forgets the one that is gone. */
export const recordEnvironment = step({
  input: documentInput,
  ports: ['artifacts', 'clock', 'ephemerals', 'git', 'links', 'schedules', 'source'],
  async run({ doc: key }, ports) {
    const doc = await loadDocument(ports, key);
    const at = ports.clock.now().toISOString();
    if (!isEphemeral(doc.environment)) return recordTakenDown(doc, at, ports);
    const news = newsOf(doc, at);
    if (news) await recordNews(ports, doc.repository, news);
    if (isOver(doc)) await forget(doc, ports);
    return { event: news?.event ?? null };
  },
});

async function recordTakenDown(
  doc: RunDocument,
  at: string,
  ports: Pick<Ports, 'git' | 'links' | 'source'>,
): Promise<Record<string, unknown>> {
  const current = await readRecord(ports, doc.repository, doc.environment);
  if (takenDown(doc, current, at, ports.links) === null) return { event: null };
  const record = await writeRecord(ports, doc.repository, doc.environment, (now) => {
    const entry = takenDown(doc, now, at, ports.links);
    if (entry === null) throw new Error(`run ${doc.runId} has nothing to record`);
    return entry;
  });
  return { event: record.last.outcome };
}

function newsOf(doc: RunDocument, at: string): EphemeralNews | null {
  const event = eventOf(doc);
  if (event === null) return null;
  const { environment, commit, ephemeral, failure, runId, request } = doc;
  return {
    at,
    event,
    environment,
    ref: ephemeral?.ref ?? '',
    commit: commit === '' ? null : commit,
    run: runId,
    by: request.origin.login,
    endsAt: ephemeral?.endsAt ?? null,
    failure: failure?.message.split('\n')[0]?.slice(0, 300) ?? null,
  };
}

/** What a run that was overtaken, or that people said no to, leaves is nothing. */
function eventOf({ outcome, ephemeral }: RunDocument): EphemeralNews['event'] | null {
  switch (outcome) {
    case 'ready':
    case 'deployed':
      return ephemeral?.existed ? 'updated' : 'made';
    case 'extended':
    case 'destroyed':
    case 'leaked':
      return outcome;
    case 'failed':
    case 'broken':
      return 'failed';
    default:
      return null;
  }
}

function isOver({ request, outcome }: RunDocument): boolean {
  return request.command === 'destroy' && (outcome === 'destroyed' || outcome === 'nothing');
}

/**
 * Only once Git says that it is gone. Killed on the way, the registry still knows it: it is destroyed once more, and
 * found empty. What another run has made known since is not this one's to forget.
 */
async function forget(
  { repository, environment, runId }: RunDocument,
  ports: Pick<Ports, 'ephemerals' | 'git' | 'schedules'>,
): Promise<void> {
  const known = await ports.ephemerals.get(repository, environment);
  if (known && known.runId !== runId) return;
  await forgetEnvironment(ports, { repository, environment });
}
