import { timingSafeEqual } from 'node:crypto';
import { Hono } from 'hono';
import { z } from 'zod';
import { configAt } from '../core/config/load-config.ts';
import { isEphemeral } from '../core/ephemeral/name.ts';
import { CairnError, InvalidInput } from '../core/errors.ts';
import { BUTTONS, type ButtonValue, EXTEND_BY, readButtonValue } from '../core/reports/slack/buttons.ts';
import { type Request, requestSchema } from '../core/requests/request.ts';
import { readBody } from './body.ts';
import type { ApiHost } from './host.ts';
import { hexHmac } from './secret.ts';

/** A click brings the message that it was made in: some tens of kB. */
const LARGEST = 512 * 1024;
/** Seconds. Older ones may be somebody's who has listened. Source: https://docs.slack.dev/authentication/verifying-requests-from-slack */
const OLDEST = 300;
/** Slack waits three seconds for an answer, in ms; what it takes to get there and back is left to it. */
const PATIENCE = 2_000;
/** Slack's clock and this one may differ by so much, in ms; nothing is destroyed and made anew within it. */
const CLOCKS = 5_000;

// Only what is used is read, so that Slack may add what it likes.
const ts = z.string().regex(/^\d{1,16}(\.\d{1,16})?$/);
const clickPayload = z.object({
  type: z.literal('block_actions'),
  user: z.object({ id: z.string().regex(/^[A-Z0-9]{2,40}$/) }),
  response_url: z.url().max(1000).optional(),
  container: z.object({ message_ts: ts, channel_id: z.string().max(40) }),
  actions: z
    .array(
      z.object({ action_id: z.string().max(255), action_ts: ts, value: z.string().max(2000).optional() }),
    )
    .min(1)
    .max(25),
});
type Click = z.infer<typeof clickPayload>;

/** `POST /slack/actions`: somebody clicked a button. Checks, puts on the bus, answers; the work comes afterwards. */
export function slackRoutes(host: ApiHost): Hono {
  const app = new Hono();

  app.post('/actions', async (c) => {
    const secret = await host.slackSigning();
    if (secret === null) {
      host.log('warn', 'a click in Slack, and no signing secret to check it with', {
        help: 'set CAIRN_SLACK_SIGNING_SECRET, or signingSecret in the secret cairn/slack',
      });
      return c.json({ error: 'NotFound', message: 'This server takes no clicks.' }, 404);
    }
    const body = await readBody(c.req.raw, LARGEST);
    const refusal = whyNotSlack(host, secret, body, {
      timestamp: c.req.header('x-slack-request-timestamp'),
      signature: c.req.header('x-slack-signature'),
    });
    if (refusal !== null) {
      host.log('warn', 'a click with a bad signature', { reason: refusal });
      return c.json({ error: 'BadSignature', message: refusal }, 401);
    }
    const payload = parsePayload(body);
    const click = clickPayload.safeParse(payload);
    if (click.success) await takeClick(host, click.data);
    // Slack has other things to say that ask for nothing, and shows an error to whoever clicked if it is refused.
    else host.log('info', 'something of Slack that asks for nothing', { type: typeOf(payload) });
    return c.body(null, 200);
  });

  return app;
}

/** Null for a body that Slack signed within the last five minutes. */
function whyNotSlack(
  host: ApiHost,
  secret: string,
  body: string,
  { timestamp = '', signature = '' }: { timestamp: string | undefined; signature: string | undefined },
): string | null {
  const expected = Buffer.from(`v0=${hexHmac(secret, `v0:${timestamp}:${body}`)}`);
  const given = Buffer.from(signature);
  const fits = given.length === expected.length && timingSafeEqual(given, expected);
  if (!fits || !/^\d{1,12}$/.test(timestamp)) {
    return 'The signature does not fit: X-Slack-Signature must be made with the signing secret of this server.';
  }
  const age = Math.abs(host.ports.clock.now().getTime() / 1000 - Number(timestamp));
  return age <= OLDEST
    ? null
    : 'The request is older than five minutes, or the clock of this server is wrong.';
}

/** `payload` of the form. */
function parsePayload(body: string): unknown {
  try {
    return JSON.parse(new URLSearchParams(body).get('payload') ?? '');
  } catch {
    throw new InvalidInput('The body is not what Slack sends for a click: a form with JSON in `payload`.');
  }
}

function typeOf(payload: unknown): string {
  const type = z.object({ type: z.string() }).safeParse(payload).data?.type ?? '';
  return /^[a-z_]{1,40}$/.test(type) ? type : 'of an unknown kind';
}

async function takeClick(host: ApiHost, click: Click): Promise<void> {
  const known = click.actions.find(({ action_id: id }) => (BUTTONS as readonly string[]).includes(id));
  const value = known && readButtonValue(known.value ?? '');
  const repository = host.repositories.find((name) => name.toLowerCase() === value?.repository.toLowerCase());
  if (!known || !value || !repository) {
    host.log('warn', 'a click on a button that is not known here', { user: click.user.id });
    return;
  }
  const of = { ...value, repository };
  const mapped = await loginOf(host, repository, click.user.id);
  if ('problem' in mapped) {
    host.log('info', 'a click that does not count', { repository, user: click.user.id });
    return answer(host, click, mapped.problem + where(host, of));
  }
  if (await isOfAnother(host, of, click)) {
    host.log('info', 'a click below a message of an environment that is gone', { repository });
    const { environment } = of;
    return answer(
      host,
      click,
      `This message is of an environment that is gone, so this did not count: ${environment} was made anew since. Use a newer message of it.`,
    );
  }
  const { channel_id: channel, message_ts: message } = click.container;
  const id = `slack-${channel}-${message}-${known.action_ts}`;
  const origin = {
    source: 'slack' as const,
    login: mapped.login,
    trigger: id,
    ...(click.response_url === undefined ? {} : { answerTo: click.response_url }),
  };
  const request = requestOf(known.action_id, of, origin);
  const outcome = await host.accept(id, [request]);
  host.log('info', 'a click in Slack', {
    command: request.command,
    repository,
    login: mapped.login,
    outcome,
  });
}

/** Messages stay when what they told of is gone: one of that name that was made since is not meant. */
async function isOfAnother(
  { ports }: ApiHost,
  { repository, environment }: ButtonValue,
  { container }: Click,
): Promise<boolean> {
  if (!isEphemeral(environment)) return false;
  const known = await ports.ephemerals.get(repository, environment);
  return known !== null && Date.parse(known.createdAt) > Number(container.message_ts) * 1000 + CLOCKS;
}

function requestOf(action: string, value: ButtonValue, origin: Request['origin']): Request {
  const { repository, environment, digest } = value;
  const common = { repository, environment, origin };
  switch (action) {
    case 'cairn:approve':
      return requestSchema.parse({ ...common, command: 'approve', digest });
    case 'cairn:reject':
      return requestSchema.parse({ ...common, command: 'reject', digest });
    case 'cairn:extend':
      return requestSchema.parse({ ...common, command: 'extend', ttl: EXTEND_BY });
    default:
      return requestSchema.parse({ ...common, command: 'destroy', reason: 'asked' });
  }
}

/** Who that is on GitHub, by the default branch's configuration; else what to tell them. */
async function loginOf(
  host: ApiHost,
  repository: string,
  user: string,
): Promise<{ login: string } | { problem: string }> {
  try {
    const found = await within(PATIENCE, usersOf(host, repository));
    if (found === null) return { problem: 'GitHub did not answer in time: click once more.' };
    const { users, main } = found;
    const login = Object.hasOwn(users, user) ? users[user] : undefined;
    if (login !== undefined && login !== 'operator') return { login };
    return {
      problem: `Cairn does not know who you are on GitHub, so this did not count. Somebody adds \`${user}: your-github-login\` below \`notifications.slack.users\` in cairn.yaml on ${main}.`,
    };
  } catch (error) {
    if (!(error instanceof CairnError)) throw error;
    return { problem: `Who you are on GitHub could not be told, so this did not count: ${error.message}` };
  }
}

async function usersOf(
  { ports }: ApiHost,
  repository: string,
): Promise<{ users: Record<string, string>; main: string }> {
  const main = await ports.source.defaultBranch(repository);
  const config = await configAt(ports, repository, main);
  return { users: config?.notifications.slack?.users ?? {}, main };
}

/** Null if it takes longer. */
async function within<T>(ms: number, work: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, ms, null);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

function where(host: ApiHost, { run }: ButtonValue): string {
  return run === undefined ? '' : ` Until then: ${host.ports.links.run(run)}`;
}

/** Only whoever clicked sees it. What cannot be told is in the log: the click itself was taken care of. */
async function answer(host: ApiHost, click: Click, text: string): Promise<void> {
  if (click.response_url === undefined) return;
  try {
    await host.ports.chat?.respond(click.response_url, text);
  } catch (error) {
    if (!(error instanceof CairnError)) throw error;
    host.log('warn', 'a click could not be answered', { error: error.name });
  }
}
