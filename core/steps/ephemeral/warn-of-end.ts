import type { Ephemeral } from '../../ephemeral/environment.ts';
import { momentText, remaining } from '../../ephemeral/times.ts';
import type { Ports } from '../../ports.ts';
import { warnRequest } from '../../requests/request.ts';
import { step } from '../step.ts';

/** Tells that an environment's time is nearly up: once for each end that it is given. */
export const warnOfEnd = step({
  input: warnRequest,
  ports: ['clock', 'ephemerals', 'runs', 'status'],
  async run({ repository, environment, endsAt }, ports) {
    const known = await ports.ephemerals.get(repository, environment);
    if (!known) return { outcome: 'gone' };
    if (known.state !== 'ready' && known.state !== 'launching') return { outcome: known.state };
    if (known.endsAt !== endsAt) return { outcome: 'moved' };
    const now = ports.clock.now();
    if (Date.parse(endsAt) <= now.getTime()) return { outcome: 'over' };
    const left = remaining(endsAt, now);
    await ports.status.emit({
      id: `environment.warning-${endsAt}`,
      runId: known.runId,
      at: now.toISOString(),
      kind: 'environment.warning',
      message: `${environment} ends in ${left}, at ${momentText(new Date(endsAt))}.`,
      doc: await newestDocument(known, ports),
      run: {},
    });
    return { outcome: 'warned' };
  },
});

/** It tells sinks whom to tell. The run that changed it last may have failed before it had one. */
async function newestDocument(
  { repository, environment, runId }: Ephemeral,
  ports: Pick<Ports, 'runs'>,
): Promise<string | null> {
  const others = await ports.runs.list({ repository, environment, workflow: 'ephemeral', limit: 10 });
  for (const id of new Set([runId, ...others.map((run) => run.id)])) {
    const doc = (await ports.runs.events(id)).findLast((event) => event.doc !== null)?.doc;
    if (doc) return doc;
  }
  return null;
}
