import { setTimeout as sleep } from 'node:timers/promises';
import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { DeleteScheduleCommand, GetScheduleCommand, paginateListSchedules } from '@aws-sdk/client-scheduler';
import type { AwsClients } from '../../../adapters/aws/clients/clients.ts';

type Clients = Pick<AwsClients, 'events' | 'scheduler'>;

export interface Fired {
  name: string;
  /** Of the event. */
  detail: unknown;
}

/**
 * What EventBridge Scheduler does and moto does not: one-time schedules of a group that are due by `until` put
 * their event on the bus, as their own target says, and are gone. Answers them in the order of their time.
 */
export async function fireSchedules(
  { events, scheduler }: Clients,
  group: string,
  until: Date,
): Promise<Fired[]> {
  const names: string[] = [];
  for await (const { Schedules = [] } of paginateListSchedules({ client: scheduler }, { GroupName: group })) {
    names.push(...Schedules.map(({ Name = '' }) => Name));
  }
  const found = await Promise.all(
    names.map((Name) =>
      scheduler.send(new GetScheduleCommand({ GroupName: group, Name })).catch((error: Error) => {
        // Somebody took it back meanwhile.
        if (error.name === 'ResourceNotFoundException') return null;
        throw error;
      }),
    ),
  );
  const due = found
    .filter((schedule) => schedule !== null)
    .map((schedule) => ({ ...schedule, at: timeOf(schedule) }))
    .filter(({ at }) => at <= until)
    .sort((a, b) => a.at.getTime() - b.at.getTime());
  for (const { Name = '', Target, ActionAfterCompletion } of due) {
    const { Source, DetailType } = Target?.EventBridgeParameters ?? {};
    const bus = Target?.Arn?.split('event-bus/')[1];
    if (!Source || !DetailType || !bus || !Target?.Input || !Target.RoleArn) {
      throw new Error(`schedule ${Name} has no target on a bus: ${JSON.stringify(Target)}`);
    }
    await events.send(
      new PutEventsCommand({ Entries: [{ EventBusName: bus, Source, DetailType, Detail: Target.Input }] }),
    );
    if (ActionAfterCompletion === 'DELETE') {
      await scheduler.send(new DeleteScheduleCommand({ GroupName: group, Name }));
    }
  }
  return due.map(({ Name = '', Target }) => ({
    name: Name,
    detail: JSON.parse(Target?.Input ?? '') as unknown,
  }));
}

/** Fires them as time passes. */
export function followSchedules(clients: Clients, group: string): { close(): Promise<void> } {
  const stop = new AbortController();
  const done = (async () => {
    while (!stop.signal.aborted) {
      await fireSchedules(clients, group, new Date()).catch((error) => {
        if (!stop.signal.aborted) throw error;
      });
      await sleep(500, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  })();
  return {
    async close() {
      stop.abort();
      await done;
    },
  };
}

function timeOf({
  Name,
  ScheduleExpression,
  ScheduleExpressionTimezone,
}: {
  Name?: string | undefined;
  ScheduleExpression?: string | undefined;
  ScheduleExpressionTimezone?: string | undefined;
}): Date {
  const [, text] = /^at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)$/.exec(ScheduleExpression ?? '') ?? [];
  if (text === undefined || ScheduleExpressionTimezone !== 'UTC') {
    throw new Error(`schedule ${Name} is not one-time in UTC: ${ScheduleExpression}`);
  }
  return new Date(`${text}Z`);
}
