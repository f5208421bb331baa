import { createServer, type IncomingMessage } from 'node:http';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { bodyOf, listen } from '../http.ts';

/** An HTTP API of API Gateway with Lambda integrations (payload format 2.0), on 127.0.0.1. */
interface HttpApi {
  url: string;
  close(): Promise<void>;
}

/** Answers with the function of the route `METHOD /path`, else with that of `$default`. */
export async function startHttpApi(
  routes: Record<string, (event: APIGatewayProxyEventV2) => Promise<unknown>>,
): Promise<HttpApi> {
  const server = createServer(async (request, response) => {
    const { method = 'GET', url = '/' } = request;
    const { pathname } = new URL(url, 'http://api');
    const integration = routes[`${method} ${pathname}`] ?? routes['$default'];
    if (!integration) {
      response.writeHead(404).end('{"message":"Not Found"}');
      return;
    }
    try {
      const answer = (await integration(await eventOf(request))) as APIGatewayProxyStructuredResultV2;
      const body = Buffer.from(answer.body ?? '', answer.isBase64Encoded ? 'base64' : 'utf8');
      for (const [name, value] of Object.entries(answer.headers ?? {})) {
        response.setHeader(name, String(value));
      }
      if (answer.cookies?.length) response.setHeader('set-cookie', answer.cookies);
      response.writeHead(answer.statusCode ?? 200).end(body);
    } catch {
      // A function that failed: what it said goes to its log, never to the caller.
      response.writeHead(500, { 'content-type': 'application/json' });
      response.end('{"message":"Internal Server Error"}');
    }
  });
  return listen(server);
}

async function eventOf(request: IncomingMessage): Promise<APIGatewayProxyEventV2> {
  const { method = 'GET', url = '/', headers } = request;
  const [path = '/', query = ''] = url.split(/\?(.*)/s);
  const { cookie, ...others } = headers;
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: query,
    ...(cookie === undefined ? {} : { cookies: cookie.split(/; */) }),
    headers: Object.fromEntries(Object.entries(others).map(([name, value]) => [name, String(value)])),
    requestContext: {
      accountId: '123456789012',
      apiId: 'api',
      domainName: headers.host ?? 'localhost',
      domainPrefix: 'api',
      http: {
        method,
        path,
        protocol: 'HTTP/1.1',
        sourceIp: '127.0.0.1',
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: 'request',
      routeKey: '$default',
      stage: '$default',
      time: '01/Jan/2026:00:00:00 +0000',
      timeEpoch: 1_767_225_600_000,
    },
    // API Gateway sends what is not plain text as base64; sending all of it so is the harder case.
    body: (await bodyOf(request)).toString('base64'),
    isBase64Encoded: true,
  };
}
