import { z } from 'zod';
import { minutes } from '../../environments/freeze.ts';
import { clipped, plural } from '../../reports/text.ts';
import type { RunState } from '../../requests/run.ts';
import { type Outcome, type RunDocument, settled } from '../../runs/document.ts';
import { loadDocument, saveDocument } from '../../runs/store.ts';
import { tell } from '../../runs/tell.ts';
import { runInput } from '../input.ts';
import { step } from '../step.ts';

/** Tells everybody how the run ended. `reason` is there when it ended before it had a document. */
export const endRun = step({
  input: z.object({ run: runInput, doc: z.string().optional(), reason: z.string().optional() }),
  ports: ['artifacts', 'clock', 'status'],
  async run({ run, doc: key, reason }, ports) {
    const at = ports.clock.now().toISOString();
    if (key === undefined) {
      const message = reason ?? 'Superseded.';
      await ports.status.emit({
        id: 'run.ended',
        runId: run.runId,
        at,
        kind: 'run.ended',
        message,
        doc: null,
        run: { state: 'superseded', title: message, endedAt: at },
      });
      return { outcome: 'superseded' };
    }
    const doc = settled(await loadDocument(ports, key));
    await saveDocument(ports, doc);
    const title = headline(doc);
    await tell(ports, doc, 'run.ended', title, { state: stateOf(doc.outcome), title, endedAt: at });
    return { outcome: doc.outcome };
  },
});

const STATES: Record<Outcome, RunState> = {
  planned: 'succeeded',
  deployed: 'succeeded',
  nothing: 'succeeded',
  failed: 'failed',
  refused: 'refused',
  broken: 'failed',
  expired: 'rejected',
  rejected: 'rejected',
  'rolled-back': 'rolled-back',
  superseded: 'superseded',
  ready: 'succeeded',
  extended: 'succeeded',
  destroyed: 'succeeded',
  leaked: 'failed',
  ran: 'succeeded',
  'in-sync': 'succeeded',
  drifted: 'succeeded',
};

function stateOf(outcome: Outcome | null): RunState {
  return outcome === null ? 'failed' : STATES[outcome];
}

function headline(doc: RunDocument): string {
  const at = doc.commit.slice(0, 7);
  const why = doc.failure ? firstLine(doc.failure.message) : '';
  const where = doc.failure?.project ? `${doc.failure.project}: ` : '';
  switch (doc.outcome) {
    case 'planned':
      return `Planned ${plural(Object.keys(doc.deploy.projects).length, 'project')} at ${at}`;
    case 'deployed':
      return `Deployed ${at}`;
    case 'nothing':
      if (doc.drift) return `Nothing stands in ${doc.environment}: there is nothing to compare`;
      return doc.destroy ? `${doc.environment} is gone already` : `Nothing to change at ${at}`;
    case 'rolled-back':
      return doc.request.command === 'rollback' ? `Rolled back to ${at}` : `Rolled back: ${where}${why}`;
    case 'ready':
      return `${doc.environment} stands at ${at}${until(doc)}`;
    case 'extended':
      return `${doc.environment} stands${until(doc)}`;
    case 'destroyed':
      return `Destroyed ${doc.environment}`;
    case 'leaked':
      return `${doc.environment} could not be destroyed: ${why || 'something is left'}`;
    case 'ran':
      return ranTitle(doc);
    case 'in-sync':
      return doc.drift?.unknown.length
        ? `No drift found at ${at}, but ${few(doc.drift.unknown)} could not be compared`
        : `No drift at ${at}`;
    case 'drifted':
      return `Drift in ${few(Object.keys(doc.drift?.drifted ?? {}))}`;
    case 'broken':
      return `${doc.environment} is broken: ${firstLine(doc.broken ?? why)}`;
    default:
      return `${where}${why}` || 'Failed';
  }
}

function until({ ephemeral }: RunDocument): string {
  if (!ephemeral) return '';
  return ephemeral.endsAt === null ? ', without an end' : ` until ${minutes(ephemeral.endsAt)}`;
}

function ranTitle({ terraform }: RunDocument): string {
  const { args = [], project = '', deploy } = terraform ?? {};
  if (deploy !== undefined) return `Started a deployment that replaces resources of ${project}`;
  return `Ran terraform ${clipped(args.slice(0, 2).join(' '), 60)} in ${project}`;
}

/** Of a title people read the beginning. */
function few(names: string[]): string {
  return names.length > 5 ? `${names.slice(0, 4).join(', ')} and ${names.length - 4} more` : names.join(', ');
}

function firstLine(text: string): string {
  return clipped(text.split('\n').find((line) => line.trim() !== '') ?? '', 200);
}
