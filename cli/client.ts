import { CliError, EXIT } from './exit.ts';

/** A server's API with one token. */
export interface Client {
  server: string;
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: unknown, headers?: Record<string, string>): Promise<T>;
  /** Server-sent events, going on by itself after a connection that breaks; ends with the `end` event. */
  follow(path: string, signal: AbortSignal): AsyncGenerator<ServerEvent>;
}

interface ServerEvent {
  event: string;
  id: string | null;
  data: unknown;
}

const ANSWER_WITHIN_MS = 60_000;
/** How long a server may be away (a restart) while something is followed. */
const AWAY_MS = 60_000;
/** A run that was just asked for is in the index a moment later. */
const APPEARS_MS = 20_000;

export function createClient(server: string, token: string | null): Client {
  const headers = {
    accept: 'application/json',
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
  };

  async function send(path: string, init: RequestInit = {}): Promise<Response> {
    const url = `${server}/api/v1${path}`;
    let response: Response;
    try {
      // A redirect would carry the token to who knows where.
      response = await fetch(url, { redirect: 'error', ...init, headers: { ...headers, ...init.headers } });
    } catch (error) {
      if (init.signal?.aborted && init.signal.reason instanceof CliError) throw init.signal.reason;
      throw new CliError(
        EXIT.unreachable,
        `No answer from ${server} (${reasonOf(error)}). Is it running? \`cairn serve\` starts one here; --server or CAIRN_SERVER names another.`,
        { cause: error },
      );
    }
    if (response.ok) return response;
    throw await refusal(response, server, token);
  }

  async function json<T>(path: string, init: RequestInit = {}): Promise<T> {
    const response = await send(path, { ...init, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    return (await response.json()) as T;
  }

  async function* follow(path: string, signal: AbortSignal): AsyncGenerator<ServerEvent> {
    let last: string | null = null;
    let since = Date.now();
    let heard = false;
    while (!signal.aborted) {
      try {
        const from: Record<string, string> = last === null ? {} : { 'last-event-id': last };
        const response = await send(path, { signal, headers: { ...from, accept: 'text/event-stream' } });
        for await (const event of serverEvents(response)) {
          heard = true;
          since = Date.now();
          if (event.event === 'end') return;
          last = event.id ?? last;
          yield event;
        }
      } catch (error) {
        if (signal.aborted) throw error;
        const isComing =
          !heard &&
          error instanceof CliError &&
          error.code === EXIT.refused &&
          Date.now() - since < APPEARS_MS;
        const isAway = heard && Date.now() - since < AWAY_MS;
        if (!isComing && !isAway) throw error;
      }
      await pause(heard ? 1000 : 300, signal);
    }
  }

  return {
    server,
    get: (path) => json(path),
    post: (path, body, more = {}) =>
      json(path, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json', ...more },
      }),
    follow,
  };
}

async function refusal(response: Response, server: string, token: string | null): Promise<CliError> {
  const text = await response.text().catch(() => '');
  const message = messageOf(text) || `${response.status} ${response.statusText}`;
  if (response.status >= 500)
    return new CliError(EXIT.unreachable, `${server} cannot do that now: ${message}`);
  if (response.status === 401) {
    const help =
      'Give one by --token, CAIRN_TOKEN, or --data with the data folder of a server on this machine.';
    return new CliError(
      EXIT.refused,
      token === null ? `${server} needs a token. ${help}` : `${server} refuses the token. ${help}`,
    );
  }
  return new CliError(EXIT.refused, message);
}

function messageOf(text: string): string | null {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === 'string' ? message : null;
  } catch {
    return null;
  }
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (cause instanceof Error) return (cause as NodeJS.ErrnoException).code ?? cause.message;
  return String(cause);
}

async function* serverEvents(response: Response): AsyncGenerator<ServerEvent> {
  if (!response.body) return;
  let text = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const event = parse(text.slice(0, end));
      text = text.slice(end + 2);
      if (event) yield event;
    }
  }
}

function parse(block: string): ServerEvent | null {
  let event = 'message';
  let id: string | null = null;
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const [, field, value = ''] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (field === 'event') event = value;
    else if (field === 'id') id = value;
    else if (field === 'data') data.push(value);
  }
  return data.length === 0 ? null : { event, id, data: JSON.parse(data.join('\n')) as unknown };
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
  });
}
