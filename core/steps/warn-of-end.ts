import { momentText, remaining } from '../ephemeral/times.ts';
import { warnRequest } from '../requests/request.ts';
import { step } from './step.ts';

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
    // Its newest document tells sinks whom to tell.
    const events = await ports.runs.events(known.runId);
    await ports.status.emit({
      id: `environment.warning-${endsAt}`,
      runId: known.runId,
      at: now.toISOString(),
      kind: 'environment.warning',
      message: `${environment} ends in ${left}, at ${momentText(new Date(endsAt))}.`,
      doc: events.findLast(({ doc }) => doc !== null)?.doc ?? null,
      run: {},
    });
    return { outcome: 'warned' };
  },
});
