import type { Context } from 'aws-lambda';
import { CairnError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { fieldsOf } from './fields.ts';
import type { FunctionName } from './functions.ts';
import { guarded } from './guard.ts';
import type { Host, HostOf } from './host.ts';
import { type Telemetry, telemetryOf } from './telemetry.ts';
import { beginTrace } from './trace.ts';

/** What a function's work gets: ports, of which it reaches its own, and a place to say what it does. */
export interface Working<P> extends Host<P> {
  log: Log;
  count: Telemetry['count'];
  context: Context;
  /** Logs and counts an error that is not thrown on, such as that of one message of many. */
  failed(error: unknown, fields?: Record<string, unknown>): void;
}

export type Work<Event, Answer, P> = (event: Event, host: Working<P>) => Promise<Answer>;
type Handler<Event, Answer> = (event: Event, context: Context) => Promise<Answer>;

/** A function, once it is said what it works on; a test gives it ports in memory. */
type Make<Event, Answer, P> = (hostOf: HostOf<P>, telemetry?: Telemetry) => Handler<Event, Answer>;

/**
 * A function, with the names of the ports that are its own: environment -> ports -> work, with log, metrics and
 * trace. What it throws keeps its name, which is what workflows catch.
 */
export function lambda<Event, Answer, P extends object>(
  name: FunctionName,
  own: readonly string[],
  work: Work<Event, Answer, P>,
): Make<Event, Answer, P> {
  return (hostOf, telemetry = telemetryOf(name)) => run(name, own, work, hostOf, telemetry);
}

function run<Event, Answer, P extends object>(
  name: FunctionName,
  own: readonly string[],
  work: Work<Event, Answer, P>,
  hostOf: HostOf<P>,
  telemetry: Telemetry,
): Handler<Event, Answer> {
  const { log, count } = telemetry;
  let made: Promise<Host<P>> | null = null;
  const host = () => {
    // What could not be made is made anew by the next invocation.
    made ??= hostOf(log).catch((error: unknown) => {
      made = null;
      throw error;
    });
    return made;
  };
  const failed = (error: unknown, fields: Record<string, unknown> = {}) => {
    logFailure(log, error, fields);
    count('Errors', { error: nameOf(error) });
  };

  return async (event, context) => {
    telemetry.begin(context, fieldsOf(event));
    try {
      await beginTrace();
      const { env, ports } = await host();
      return await work(event, { env, ports: guarded(name, own, ports), log, count, context, failed });
    } catch (error) {
      failed(error);
      throw error;
    }
  };
}

/** A defect shows with its stack; what people did wrong, or what passes, with its message. */
function logFailure(log: Log, error: unknown, fields: Record<string, unknown>): void {
  const name = nameOf(error);
  if (error instanceof CairnError) {
    const level = error.fault === 'operator' ? 'error' : 'warn';
    log(level, 'it did not work', { ...fields, error: name, fault: error.fault, reason: error.message });
    return;
  }
  const stack = error instanceof Error ? error.stack : String(error);
  log('error', 'a function has a defect', { ...fields, error: name, stack });
}

function nameOf(error: unknown): string {
  return error instanceof Error && error.name !== '' ? error.name : 'Unknown';
}
