import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Hono } from 'hono';
import { handle } from 'hono/aws-lambda';
import type { Working } from './runtime.ts';

/**
 * Answers an event of an HTTP API (payload format 2.0) with an app. API Gateway sends what is not plain text as
 * base64: the app gets the bytes as they were sent, which is what signatures are of.
 */
export async function answer<P>(
  app: Hono,
  event: APIGatewayProxyEventV2,
  host: Working<P>,
  name: string,
): Promise<APIGatewayProxyStructuredResultV2> {
  // The adapter's own event and context are narrower names for the same.
  const adapter = handle(app) as unknown as (
    event: APIGatewayProxyEventV2,
    context: Working<P>['context'],
  ) => Promise<APIGatewayProxyStructuredResultV2>;
  const response = await adapter(event, host.context);
  if ((response.statusCode ?? 200) >= 500) host.count('HttpErrors', { function: name });
  return response;
}
