import { Unavailable } from '../../../core/errors.ts';
import type { Status } from '../../../core/ports.ts';
import type { StatusEvent } from '../../../core/reports/event.ts';
import { pause } from '../clients/retry.ts';
import { count, type Items } from './items.ts';
import { activity, askedOf, EVENT, eventKey, eventOf, runKey, type StoredEvent } from './run-items.ts';

/** Puts events on the event bus, for the sinks. At least once: they know an event by its id. */
export type PublishStatus = (events: StatusEvent[]) => Promise<void>;

/**
 * An event is stored, merged into its run, put on the bus and marked as sent, in this order. Whoever dies in
 * between is repeated by the workflow and goes on from there; the events before this one are finished too, should
 * nobody have repeated them.
 */
export function dynamodbStatus(items: Items, publish: PublishStatus): Status {
  return {
    async emit(event) {
      const stored = await append(items, event);
      await merge(
        items,
        event.runId,
        stored.map((one) => one.event),
      );

      const unsent = stored.filter(({ sent }) => !sent).map((one) => one.event);
      if (unsent.length === 0) return;
      await publish(unsent);
      await Promise.all(
        unsent.map(({ runId, seq }) =>
          items.update(eventKey(runId, seq), { sent: true }, { text: 'attribute_exists(#pk)' }),
        ),
      );
    },
  };
}

/** Stores the event unless its id is there; answers the run's events up to it. */
async function append(items: Items, event: Omit<StatusEvent, 'seq'>): Promise<StoredEvent[]> {
  for (let attempt = 0; ; attempt++) {
    const stored: StoredEvent[] = [];
    for await (const page of items.query({ pk: runKey(event.runId).pk, prefix: EVENT })) {
      stored.push(...page.map(eventOf));
    }
    const known = stored.findIndex((one) => one.event.id === event.id);
    if (known !== -1) return stored.slice(0, known + 1);

    // Numbers have no gaps: of two that take the same one, one fails and looks again.
    const seq = stored.length + 1;
    const item = { ...eventKey(event.runId, seq), body: JSON.stringify({ ...event, seq }), sent: false };
    if (await items.put(item, { text: 'attribute_not_exists(#pk)' })) {
      return [...stored, { event: { ...event, seq }, sent: false }];
    }
    if (!(await pause(attempt))) {
      throw new Unavailable(`Too many events of run ${event.runId} at once: ${event.id} was not stored.`);
    }
  }
}

/** Brings the run up to the last of these events; what is merged already stays as it is. */
async function merge(items: Items, runId: string, events: StatusEvent[]): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const stored = await items.get(runKey(runId));
    // What never became a run has events all the same.
    if (!stored) return;
    const merged = count(stored, 'merged');
    const missing = events.slice(merged);
    if (missing.length === 0) return;

    const run = Object.assign(askedOf(stored), ...missing.map((event) => event.run));
    const done = await items.update(
      runKey(runId),
      { body: JSON.stringify(run), merged: events.length, active: undefined, ...activity(run) },
      { text: '#merged = :before', values: { before: merged } },
    );
    if (done) return;
    if (!(await pause(attempt))) {
      throw new Unavailable(`Too many events of run ${runId} at once: they were stored and not merged.`);
    }
  }
}
