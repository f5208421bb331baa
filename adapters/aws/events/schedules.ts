import {
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  DeleteScheduleCommand,
  GetScheduleCommand,
  ListSchedulesCommand,
  type SchedulerClient,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler';
import { Misconfigured, Unavailable } from '../../../core/errors.ts';
import type { Clock, Schedules } from '../../../core/ports.ts';
import { type Request, requestKey } from '../../../core/requests/request.ts';
import { isAws, reach } from '../clients/errors.ts';
import { pause } from '../clients/retry.ts';
import type { EventBus } from './bus.ts';
import { REQUESTS_SOURCE } from './sources.ts';

export interface SchedulesOptions {
  scheduler: SchedulerClient;
  /** Puts what is due already on the same bus. */
  publish: EventBus['publish'];
  clock: Clock;
  /** Name of a group that holds nothing else. */
  group: string;
  /** ARN of the role that EventBridge Scheduler puts due requests on the bus with. */
  role: string;
  /** ARN of that bus. */
  bus: string;
  /** ARN of the queue that keeps what AWS could not put there. */
  deadLetters: string;
}

/** GetSchedule at once; AWS allows hundreds a second. */
const AT_ONCE = 10;

/**
 * One-time schedules of EventBridge Scheduler: at its time each puts on the bus what `publish` would have put
 * there, and deletes itself.
 */
export function eventBridgeSchedules(options: SchedulesOptions): Schedules {
  const { scheduler, publish, clock, group, role, bus, deadLetters } = options;

  async function write(input: CreateScheduleCommandInput & { Name: string }): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      const what = `schedule ${input.Name}`;
      try {
        await reach(what, () => scheduler.send(new CreateScheduleCommand(input)));
        return;
      } catch (error) {
        if (isAws(error, 'ResourceNotFoundException')) {
          throw new Misconfigured(`There is no schedule group ${group}: deploy Cairn again.`, {
            cause: error,
          });
        }
        if (!isAws(error, 'ConflictException')) throw error;
      }
      try {
        await reach(what, () => scheduler.send(new UpdateScheduleCommand(input)));
        return;
      } catch (error) {
        // Its time came meanwhile, or somebody else writes it now.
        if (!isAws(error, 'ResourceNotFoundException', 'ConflictException')) throw error;
      }
      if (!(await pause(attempt))) throw new Unavailable(`The ${what} changes all the time.`);
    }
  }

  async function remove(name: string): Promise<void> {
    const command = new DeleteScheduleCommand({ GroupName: group, Name: name });
    try {
      await reach(`schedule ${name}`, () => scheduler.send(command));
    } catch (error) {
      if (!isAws(error, 'ResourceNotFoundException')) throw error;
    }
  }

  /** Null if its time came meanwhile. */
  async function timeOf(name: string): Promise<Date | null> {
    const command = new GetScheduleCommand({ GroupName: group, Name: name });
    try {
      const { ScheduleExpression = '' } = await reach(`schedule ${name}`, () => scheduler.send(command));
      return timeIn(ScheduleExpression);
    } catch (error) {
      if (isAws(error, 'ResourceNotFoundException')) return null;
      throw error;
    }
  }

  async function* names() {
    let NextToken: string | undefined;
    do {
      const command = new ListSchedulesCommand({ GroupName: group, ...(NextToken ? { NextToken } : {}) });
      const answer = await reach(`schedules of ${group}`, () => scheduler.send(command));
      yield (answer.Schedules ?? []).flatMap(({ Name }) => (Name === undefined ? [] : [Name]));
      NextToken = answer.NextToken;
    } while (NextToken !== undefined);
  }

  return {
    async put({ name, at, request }) {
      if (at <= clock.now()) {
        // In this order: cut short in between, the old one comes as well, which asks for nothing new.
        await publish([{ request, key: requestKey(request) }]);
        await remove(name);
        return;
      }
      await write({
        Name: name,
        GroupName: group,
        ScheduleExpression: expressionOf(at),
        ScheduleExpressionTimezone: 'UTC',
        FlexibleTimeWindow: { Mode: 'OFF' },
        ActionAfterCompletion: 'DELETE',
        Target: {
          Arn: bus,
          RoleArn: role,
          DeadLetterConfig: { Arn: deadLetters },
          EventBridgeParameters: { Source: REQUESTS_SOURCE, DetailType: request.command },
          Input: JSON.stringify(detailOf(request)),
        },
      });
    },
    remove,
    async list() {
      const found: { name: string; at: string }[] = [];
      // One whose time has come is still there for a moment.
      const now = clock.now();
      for await (const page of names()) {
        for (let from = 0; from < page.length; from += AT_ONCE) {
          const some = page.slice(from, from + AT_ONCE);
          const times = await Promise.all(some.map(timeOf));
          for (const [index, name] of some.entries()) {
            const at = times[index];
            if (at && at > now) found.push({ name, at: at.toISOString() });
          }
        }
      }
      return found.sort((a, b) => (a.at + a.name < b.at + b.name ? -1 : 1));
    },
  };
}

/** What is on the bus, as `publish` puts it. */
function detailOf(request: Request) {
  return { request, key: requestKey(request) };
}

/** AWS counts in seconds: rather late than early. */
function expressionOf(at: Date): string {
  const seconds = new Date(Math.ceil(at.getTime() / 1000) * 1000);
  return `at(${seconds.toISOString().slice(0, 19)})`;
}

/** Null for what is no time of ours. */
function timeIn(expression: string): Date | null {
  const found = /^at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\)$/.exec(expression)?.[1];
  return found === undefined ? null : new Date(`${found}Z`);
}
