import type { KnownBlock } from '@slack/types';
import {
  ErrorCode,
  LogLevel,
  type WebAPICallError,
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebClient,
} from '@slack/web-api';
import { type CairnError, ForgeRefused, InvalidInput, NotFound, Unavailable } from '../../core/errors.ts';
import type { Chat, ChatMessage } from '../../core/ports.ts';

/** Addresses that come with clicks. */
const RESPONSES = 'https://hooks.slack.com/';

export interface SlackOptions {
  /** Bot token, `xoxb-…`, with the scope `chat:write`. */
  token: string;
  apiUrl?: string;
  /** Milliseconds. */
  timeout?: number;
  /** Clicks can be checked: there is a signing secret. Default: false. */
  buttons?: boolean;
  /** Where answers to clicks may go: whatever a click names would else be told what Cairn says. */
  respondTo?: string;
}

/** Slack through its Web API. It does not try again by itself: the queue before it does, and keeps order. */
export function slackChat(options: SlackOptions): Chat {
  const { token, apiUrl, timeout = 10_000, buttons = false, respondTo = RESPONSES } = options;
  const client = new WebClient(token, {
    ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl.endsWith('/') ? apiUrl : `${apiUrl}/` }),
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    allowAbsoluteUrls: false,
    timeout,
    logLevel: LogLevel.ERROR,
  });

  return {
    async post(channel, message, thread) {
      const answer = await call(channel, () =>
        client.chat.postMessage({
          channel,
          ...contentOf(message),
          unfurl_links: false,
          unfurl_media: false,
          ...(thread === null ? {} : { thread_ts: parse(thread).ts }),
        }),
      );
      // A channel's name may change, its id never does.
      return `${answer.channel ?? channel}:${answer.ts}`;
    },

    async edit(id, message) {
      const { channel, ts } = parse(id);
      await call(channel, () => client.chat.update({ channel, ts, ...contentOf(message) }));
    },

    async respond(address, text) {
      if (!isBelow(address, respondTo)) {
        throw new InvalidInput(`Clicks are answered at ${respondTo} alone, not where one says.`);
      }
      await respond(address, text, timeout);
    },

    hasButtons: async () => buttons,
  };
}

function isBelow(address: string, root: string): boolean {
  if (!URL.canParse(address)) return false;
  const [given, known] = [new URL(address), new URL(root)];
  return given.origin === known.origin && given.username === '' && given.password === '';
}

/** Only whoever clicked sees it. The address works for half an hour. Source: https://docs.slack.dev/interactivity/handling-user-interaction */
async function respond(address: string, text: string, timeout: number): Promise<void> {
  const body = JSON.stringify({ response_type: 'ephemeral', replace_original: false, text: plain(text) });
  const headers = { 'content-type': 'application/json; charset=utf-8' };
  let status: number;
  try {
    const signal = AbortSignal.timeout(timeout);
    const answer = await fetch(address, { method: 'POST', headers, body, signal, redirect: 'error' });
    status = answer.status;
    await answer.body?.cancel();
  } catch (error) {
    throw new Unavailable('Slack could not be told the answer to a click.', { cause: error });
  }
  if (status >= 500 || status === 429) throw new Unavailable(`Slack answered ${status} to an answer.`);
  // It was used up, or is too old: whoever clicked sees what came of it in the channel.
  if (status >= 400) throw new NotFound(`Slack takes no answer to that click any more (${status}).`);
}

/** It may quote what people wrote: no link, no mention. */
function plain(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function contentOf({ text, blocks }: ChatMessage): { text: string; blocks: KnownBlock[] } {
  // `blocks` is Block Kit's JSON by the port's contract.
  return { text, blocks: blocks as KnownBlock[] };
}

function parse(id: string): { channel: string; ts: string } {
  const [channel, ts] = id.split(':');
  if (!channel || !ts)
    throw new InvalidInput(`not the id of a Slack message: ${id} (expected channel:timestamp)`);
  return { channel, ts };
}

async function call<T>(channel: string, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    throw translate(channel, error);
  }
}

/** Slack's error codes by who can mend them. Source: https://docs.slack.dev/reference/methods/chat.postMessage */
const CREDENTIALS = [
  'invalid_auth',
  'not_authed',
  'account_inactive',
  'token_revoked',
  'token_expired',
  'missing_scope',
  'no_permission',
  'org_login_required',
  'ekm_access_denied',
];
const CHANNEL = [
  'channel_not_found',
  'not_in_channel',
  'is_archived',
  'message_not_found',
  'thread_not_found',
];
const PASSING = [
  'ratelimited',
  'rate_limited',
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
];

function translate(channel: string, error: unknown): CairnError {
  const cause = { cause: error };
  if (error instanceof WebAPIRateLimitedError) {
    return new Unavailable(`Slack is busy: try again in ${error.retryAfter} seconds.`, cause);
  }
  if (error instanceof WebAPIHTTPError) {
    const said = `Slack answered ${error.statusCode} ${error.statusMessage}`;
    if (error.statusCode >= 500 || error.statusCode === 429) return new Unavailable(`${said}.`, cause);
    return new ForgeRefused(`${said}. Check the address of Slack's API and the proxy in between.`, cause);
  }
  if (error instanceof WebAPIPlatformError) return ofPlatform(channel, error.data.error, cause);
  if ((error as Partial<WebAPICallError>).code === ErrorCode.RequestError) {
    return new Unavailable(`Slack cannot be reached: ${(error as Error).message}`, cause);
  }
  return new Unavailable(
    `Slack could not be told: ${error instanceof Error ? error.message : String(error)}`,
    cause,
  );
}

function ofPlatform(channel: string, code: string, cause: { cause: unknown }): CairnError {
  if (CREDENTIALS.includes(code)) {
    return new ForgeRefused(
      `Slack refuses the bot token (${code}). Give Cairn a token of an installed app with the scope chat:write.`,
      cause,
    );
  }
  if (CHANNEL.includes(code)) {
    return new NotFound(
      `Slack has no such channel or message for the bot: ${channel} (${code}). Check the channel's name and invite the bot.`,
      cause,
    );
  }
  if (PASSING.includes(code)) return new Unavailable(`Slack is busy (${code}).`, cause);
  return new InvalidInput(`Slack refuses the message for ${channel}: ${code}.`, cause);
}
