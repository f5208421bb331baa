import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  HttpApi,
  type HttpMethod,
  HttpNoneAuthorizer,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { accept } from './accept.ts';

/**
 * The only way in. It is made before the functions, since they are told its address; routes follow. Above
 * these rates it answers 429: GitHub shows such a delivery as failed, and the look at the heads finds the push.
 */
export class CairnApi extends Construct {
  readonly id: string;
  /** Without a trailing slash. */
  readonly url: string;
  readonly stage = '$default';
  private readonly api: HttpApi;

  constructor(scope: Construct, id: string, { retention }: { retention: number }) {
    super(scope, id);
    const { region, urlSuffix } = Stack.of(this);
    this.api = new HttpApi(this, 'Api', { apiName: 'cairn', createDefaultStage: false });
    this.id = this.api.apiId;
    this.url = `https://${this.id}.execute-api.${region}.${urlSuffix}`;
    const logGroup = new LogGroup(this, 'Log', {
      logGroupName: '/aws/apigateway/cairn',
      retention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: this.stage,
      autoDeploy: true,
      // A busy organisation's webhooks come in tens a second; a page that follows a run asks once a second.
      throttle: { rateLimit: 100, burstLimit: 200 },
      accessLogSettings: { destination: new LogGroupLogDestination(logGroup), format: accessLog() },
    });
  }

  /** `routes` as in lambdas/functions.ts: `POST /webhook`, or `$default` for everything else. */
  route(name: string, fn: IFunction, routes: readonly string[]): void {
    const integration = new HttpLambdaIntegration(name, fn);
    for (const route of routes) {
      const added = new HttpRoute(this, route, {
        httpApi: this.api,
        routeKey: routeKey(route),
        integration,
        authorizer: new HttpNoneAuthorizer(),
      });
      accept(added, {
        'AwsSolutions-APIG4':
          'The function itself checks the signature of a webhook, the token of a caller: API Gateway can do neither.',
      });
    }
  }
}

function routeKey(route: string): HttpRouteKey {
  if (route === '$default') return HttpRouteKey.DEFAULT;
  const [, method, path] = /^([A-Z]+) (\/.*)$/.exec(route) ?? [];
  if (!method || !path) throw new Error(`${route}: write a route as "POST /webhook", or $default`);
  return HttpRouteKey.with(path, method as HttpMethod);
}

/** Who, what, how it went; no header and no query, where tokens may be. */
function accessLog(): AccessLogFormat {
  return AccessLogFormat.custom(
    JSON.stringify({
      at: '$context.requestTime',
      id: '$context.requestId',
      ip: '$context.identity.sourceIp',
      method: '$context.httpMethod',
      path: '$context.path',
      route: '$context.routeKey',
      status: '$context.status',
      bytes: '$context.responseLength',
      milliseconds: '$context.responseLatency',
      error: '$context.integrationErrorMessage',
    }),
  );
}
