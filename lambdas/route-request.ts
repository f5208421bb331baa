import { z } from 'zod';
import { ACTIONS_SOURCE, REQUESTS_SOURCE } from '../adapters/aws/event-sources.ts';
import { CairnError, InvalidInput } from '../core/errors.ts';
import { readActionsEvent, requestFromActions } from '../core/requests/actions.ts';
import { type Request, requestSchema } from '../core/requests/request.ts';
import { routeRequest } from '../core/steps/route-request.ts';
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
    // Their mistake stays one however often it is tried, and nobody reads an answer: the log says it.
    if (!(error instanceof CairnError) || error.fault !== 'user') throw error;
    host.count('Refused', {});
    host.log('warn', 'an event of GitHub Actions was turned down', {
      eventId: event.id,
      reason: error.message,
    });
    return null;
  }
}

/** Throws InvalidInput and NotAllowed. */
async function askedByActions(event: BusEvent, { env, ports }: Working<HostPorts>): Promise<Request> {
  const ask = readActionsEvent(event['detail-type'], event.detail);
  const watched = env.CAIRN_REPOSITORIES.find((name) => name.toLowerCase() === ask.repository.toLowerCase());
  if (watched === undefined) throw new InvalidInput(`${ask.repository} is not watched by this installation.`);
  const run = await ports.people.workflowRun(watched, ask.workflowRun);
  const main = await ports.source.defaultBranch(watched);
  return requestFromActions({ ...ask, repository: watched }, run, main);
}
