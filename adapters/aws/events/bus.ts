import {
  type EventBridgeClient,
  PutEventsCommand,
  type PutEventsRequestEntry,
} from '@aws-sdk/client-eventbridge';
import { InvalidInput, Misconfigured, Unavailable } from '../../../core/errors.ts';
import type { StatusEvent } from '../../../core/reports/event.ts';
import type { Request } from '../../../core/requests/request.ts';
import { reach } from '../clients/errors.ts';
import { pause } from '../clients/retry.ts';
import { REQUESTS_SOURCE, STATUS_SOURCE } from './sources.ts';

/** A request as it is on the bus. `key` is the same for the same trigger. */
export interface Published {
  request: Request;
  key: string;
}

export interface EventBus {
  /** Source `cairn.requests`, detail-type the command, detail `{request, key}`. */
  publish(requests: readonly Published[]): Promise<void>;
  /** Source `cairn.status`, detail-type the kind, detail the event. */
  publishStatus(events: StatusEvent[]): Promise<void>;
}

/** Of one PutEvents: entries, and bytes of all of them together. */
const MOST_ENTRIES = 10;
const MOST_BYTES = 256 * 1024;

/** Entries that failed for a passing reason are put again, so often. */
const ATTEMPTS = 5;

export function eventBus(client: EventBridgeClient, bus: string): EventBus {
  async function put(entries: PutEventsRequestEntry[]): Promise<void> {
    for (const batch of batchesOf(entries)) await putBatch(batch);
  }

  /** PutEvents takes some entries and refuses others in one answer. */
  async function putBatch(batch: PutEventsRequestEntry[]): Promise<void> {
    let left = batch;
    for (let attempt = 0; ; attempt++) {
      const command = new PutEventsCommand({ Entries: left });
      const { FailedEntryCount = 0, Entries = [] } = await reach(`event bus ${bus}`, () =>
        client.send(command),
      );
      if (FailedEntryCount === 0) return;

      const failed = left.flatMap((entry, n) => {
        const { ErrorCode, ErrorMessage } = Entries[n] ?? {};
        return ErrorCode === undefined ? [] : [{ entry, why: `${ErrorCode}: ${ErrorMessage ?? ''}` }];
      });
      const why = failed[0]?.why ?? 'it does not say why';
      if (/AccessDenied|NotAuthorized|MalformedDetail/.test(why)) {
        throw new Misconfigured(`Event bus ${bus} refuses an event: ${why}. Deploy Cairn again.`);
      }
      left = failed.map(({ entry }) => entry);
      if (attempt + 1 >= ATTEMPTS || !(await pause(attempt))) {
        throw new Unavailable(`Event bus ${bus} did not take ${FailedEntryCount} event(s): ${why}.`);
      }
    }
  }

  const entry = (source: string, type: string, detail: unknown): PutEventsRequestEntry => ({
    EventBusName: bus,
    Source: source,
    DetailType: type,
    Detail: JSON.stringify(detail),
  });

  return {
    publish: (requests) =>
      put(requests.map(({ request, key }) => entry(REQUESTS_SOURCE, request.command, { request, key }))),
    publishStatus: (events) => put(events.map((event) => entry(STATUS_SOURCE, event.kind, event))),
  };
}

function batchesOf(entries: PutEventsRequestEntry[]): PutEventsRequestEntry[][] {
  const batches: PutEventsRequestEntry[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const entry of entries) {
    const size = sizeOf(entry);
    if (size > MOST_BYTES) {
      throw new InvalidInput(
        `An event "${entry.DetailType}" of ${size} bytes is more than the event bus takes (${MOST_BYTES}): ask for less at once.`,
      );
    }
    const last = batches.at(-1);
    if (last && last.length < MOST_ENTRIES && bytes + size <= MOST_BYTES) {
      last.push(entry);
      bytes += size;
    } else {
      batches.push([entry]);
      bytes = size;
    }
  }
  return batches;
}

/** As EventBridge counts it. Source: user guide, "Calculating PutEvents event entry size". */
function sizeOf({ Source = '', DetailType = '', Detail = '' }: PutEventsRequestEntry): number {
  return Buffer.byteLength(Source) + Buffer.byteLength(DetailType) + Buffer.byteLength(Detail);
}
