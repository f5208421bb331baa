import { z } from 'zod';
import { ACTIONS_SOURCE, REQUESTS_SOURCE } from '../adapters/aws/events/sources.ts';
import { CairnError, InvalidInput } from '../core/errors.ts';
import { readActionsEvent, replyTo, requestFromActions, whoWaits } from '../core/requests/actions.ts';
import { tellWorkflow } from '../core/requests/replies.ts';
import { type Request, requestSchema } from '../core/requests/request.ts';
import { routeRequest } from '../core/steps/requests/route-request.ts';
import type { HostPorts } from './host.ts';
import { onAws } from './on-aws.ts';
import { type BusEvent, detailOf, eachEvent, UnreadableMessage } from './queue.ts';
import { lambda, type Working } from './runtime.ts';

const published = z.object({ request: requestSchema, key: z.string() });

const work = eachEvent<HostPorts>(async (event, host) => {
  const request = await requestOf(event, host);
  if (!request) return;
  const { command, repository, origin } = request;
  const { refused, started } = await routeRequest.run(request, host.ports);
  if (refused !== undefined) host.count('Refused', {});
  host.log('info', 'request', { command, repository, source: origin.source, started, refused });
});

/** The queue of requests. */
export const make = lambda('RouteRequest', routeRequest.ports, work);
export const handler = make(onAws);

async function requestOf(event: BusEvent, host: Working<HostPorts>): Promise<Request | null> {
  if (event.source === REQUESTS_SOURCE) return detailOf(published, event).request;
  if (event.source !== ACTIONS_SOURCE) {
    throw new UnreadableMessage(`Event ${event.id} is of ${event.source}: nobody asks from there.`);
  }
  try {
    return await askedByActions(event, host);
  } catch (error) {
    // Their mistake stays one however often it is tried.
    if (!(error instanceof CairnError) || error.fault !== 'user') throw error;
    host.count('Refused', {});
    host.log('warn', 'an event of GitHub Actions was turned down', {
      eventId: event.id,
      reason: error.message,
    });
    await answer(event, error.message, host);
    return null;
  }
}

/** A workflow that waits is told at once, if it can be told from the event which one that is. */
async function answer(event: BusEvent, message: string, host: Working<HostPorts>): Promise<void> {
  const waiting = whoWaits(event['detail-type'], event.detail);
  const repository = waiting && watchedName(waiting.repository, host);
  if (!repository) return;
  const run = await host.ports.people.workflowRun(repository, waiting.workflowRun);
  const reply = replyTo({ ...waiting, repository }, run);
  if (!reply) return;
  const { command } = waiting;
  await tellWorkflow({ command, repository, origin: { reply } }, { ok: false, message }, host.ports);
}

/** As GitHub spells it; undefined for one that is not watched. */
function watchedName(name: string, { env }: Working<HostPorts>): string | undefined {
  return env.CAIRN_REPOSITORIES.find((one) => one.toLowerCase() === name.toLowerCase());
}

/** Throws InvalidInput and NotAllowed. */
async function askedByActions(event: BusEvent, host: Working<HostPorts>): Promise<Request> {
  const { ports } = host;
  const ask = readActionsEvent(event['detail-type'], event.detail);
  const watched = watchedName(ask.repository, host);
  if (watched === undefined) throw new InvalidInput(`${ask.repository} is not watched by this installation.`);
  const run = await ports.people.workflowRun(watched, ask.workflowRun);
  const main = await ports.source.defaultBranch(watched);
  return requestFromActions({ ...ask, repository: watched }, run, main);
}
