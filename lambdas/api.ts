import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { createApp } from '../api/app.ts';
import type { ApiHost } from '../api/host.ts';
import { routeRequest } from '../core/steps/requests/route-request.ts';
import { accept } from './accept.ts';
import type { HostPorts } from './host.ts';
import { answer } from './http.ts';
import { onAws } from './on-aws.ts';
import { OWN_PORTS } from './ports.ts';
import { lambda, type Working } from './runtime.ts';

/** An HTTP API does not stream: readers get what there is within this time (in ms), and ask again. */
const FOLLOW = 2500;

/** The API for programs and the pages for people, as on one machine. */
async function work(event: APIGatewayProxyEventV2, host: Working<HostPorts>) {
  const app = createApp(apiHost(host, await host.ports.adminToken.get()));
  return answer(app, event, host, 'Api');
}

export const make = lambda('Api', [...routeRequest.ports, ...OWN_PORTS.Api], work);
export const handler = make(onAws);

function apiHost({ env, ports, log }: Working<HostPorts>, adminToken: string): ApiHost {
  return {
    ports,
    adminToken,
    repositories: env.CAIRN_REPOSITORIES,
    self: null,
    // Webhooks are another function's, which alone has their secret: here every signature is a bad one.
    verifySignature: async () => false,
    accept: (deliveryId, requests) => accept(ports, deliveryId, requests),
    slackSigning: () => ports.slackSigning.get(),
    request: (request) => routeRequest.run(request, ports),
    // Step Functions keeps its own: a run of 300 projects has thousands of entries, in pages of 1,000. What Cairn
    // itself told of the run is read anyway.
    history: async (runId) => {
      const events = await ports.runs.events(runId);
      return events.map(({ kind, at, message }) => ({ state: kind, at, what: message }));
    },
    pages: 'token',
    longestFollow: FOLLOW,
    log,
    health: async () => ({ binaries: ports.binaries, isolated: ports.isolated }),
  };
}
