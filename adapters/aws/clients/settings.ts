/** Told of each call before it is sent: service as IAM names it, and the API's operation. */
type Watch = (service: string, operation: string) => void;

export interface ClientOptions {
  /** Of an emulator; the region's own if absent. `AWS_ENDPOINT_URL` works as well. */
  endpoint?: string;
  region?: string;
  watch?: Watch;
  /** Told of each client when it is made, before its first call. */
  onClient?: (client: AnyClient) => void;
}

/** The part of a client that all of them share: where its calls can be followed. */
interface AnyClient {
  middlewareStack: {
    add(
      middleware: (
        next: (args: never) => Promise<never>,
        context: { clientName?: string; commandName?: string },
      ) => (args: never) => Promise<never>,
      options: { step: 'initialize'; name: string; override: true },
    ): void;
  };
}

/** Milliseconds. */
const CONNECT = 3_000;
const ANSWER = 10_000;

export function endpointOf(options: ClientOptions): string | undefined {
  // An empty variable is one that is not set.
  return options.endpoint ?? (process.env['AWS_ENDPOINT_URL'] || undefined);
}

/**
 * What all clients share. Five attempts take at most a few seconds; whoever needs more patience is retried by
 * its workflow or queue. `answer`: until the whole answer's head is there, in ms.
 */
export function settings(options: ClientOptions, answer = ANSWER) {
  quiet();
  const endpoint = endpointOf(options);
  return {
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(options.region === undefined ? {} : { region: options.region }),
    maxAttempts: 5,
    requestHandler: { connectionTimeout: CONNECT, requestTimeout: answer, throwOnRequestTimeout: true },
  };
}

/**
 * The SDK says at every start that versions to come will want a newer Node. The version is pinned, and on AWS
 * the newer Node is there: on one machine it is noise in the log of whoever cannot do anything about it.
 */
function quiet(): void {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
}

export function watched<C>(client: C, service: string, { watch, onClient }: ClientOptions): C {
  // The clients' own types of middleware differ in what they say of its arguments, which are not touched here.
  const any = client as AnyClient;
  if (watch) {
    any.middlewareStack.add(
      (next, { commandName = '' }) =>
        (args) => {
          watch(service, commandName.replace(/Command$/, ''));
          return next(args);
        },
      { step: 'initialize', name: 'watch', override: true },
    );
  }
  onClient?.(any);
  return client;
}
