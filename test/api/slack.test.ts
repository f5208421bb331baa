import { createHmac } from 'node:crypto';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createApp } from '../../api/app.ts';
import { Unavailable } from '../../core/errors.ts';
import { memoryPorts } from '../support/fakes/index.ts';
import { type TestHost, testHost } from './host.ts';

const SIGNING = '0123456789abcdef0123456789abcdef';
const CONFIG = `
environments:
  prod: { branch: main }
notifications:
  slack: { channel: C1, users: { U0ALICE: alice, U0ROOT: operator } }
`;
const DIGEST = 'd'.repeat(64);
const VALUE = { repository: 'acme/shop', environment: 'prod', digest: DIGEST, run: '0123456789abcdef0123' };
const RESPONSES = 'https://hooks.slack.com/actions/T1/2/3';

let host: TestHost;

beforeEach(() => {
  host = withConfig(CONFIG);
});

function withConfig(config: string): TestHost {
  const ports = memoryPorts();
  ports.repository.push('main', { 'cairn.yaml': config });
  return testHost({ ports, slackSigning: async () => SIGNING });
}

/** As Slack sends it. Source: https://docs.slack.dev/reference/interaction-payloads/block_actions-payload */
function click(change: Record<string, unknown> = {}, action: Record<string, unknown> = {}): string {
  const payload = {
    type: 'block_actions',
    user: { id: 'U0ALICE', username: 'alice', team_id: 'T1' },
    api_app_id: 'A1',
    token: 'deprecated',
    trigger_id: '1.2.3',
    team: { id: 'T1', domain: 'acme' },
    container: { type: 'message', message_ts: '1700000000.000100', channel_id: 'C1', is_ephemeral: false },
    channel: { id: 'C1', name: 'deploys' },
    response_url: RESPONSES,
    actions: [
      {
        type: 'button',
        block_id: 'cairn-approval',
        action_id: 'cairn:approve',
        action_ts: '1700000100.123456',
        value: JSON.stringify(VALUE),
        ...action,
      },
    ],
    ...change,
  };
  return new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
}

interface Signed {
  secret?: string;
  /** Seconds that the timestamp lies back. */
  age?: number;
  signature?: string;
}

function send(body: string, { secret = SIGNING, age = 0, signature }: Signed = {}) {
  const timestamp = String(host.ports.clock.now().getTime() / 1000 - age);
  const made = `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`;
  return createApp(host).request('/slack/actions', {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': signature ?? made,
    },
  });
}

describe('POST /slack/actions', () => {
  it("checks Slack's own example of a signature", () => {
    // https://docs.slack.dev/authentication/verifying-requests-from-slack
    const body =
      'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c';
    const base = `v0:1531420618:${body}`;

    const signature = createHmac('sha256', '8f742231b10e8888abcd99yyyzzz85a5').update(base).digest('hex');

    expect(signature).toBe('a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503');
  });

  it('puts an approval by somebody who is known on the bus', async () => {
    const response = await send(click());

    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
    expect([...host.accepted.values()]).toEqual([
      [
        {
          command: 'approve',
          repository: 'acme/shop',
          environment: 'prod',
          digest: DIGEST,
          origin: {
            source: 'slack',
            login: 'alice',
            trigger: 'slack-C1-1700000000.000100-1700000100.123456',
            answerTo: RESPONSES,
          },
        },
      ],
    ]);
    expect(host.ports.chat.answers).toEqual([]);
  });

  it('takes the same click once, and the next one of the same message as another', async () => {
    const again = click();

    await send(again);
    await send(again, { age: 100 });
    await send(click({}, { action_ts: '1700000101.000000' }));

    expect(host.accepted.size).toBe(2);
  });

  it.each([
    ['cairn:reject', { command: 'reject', digest: DIGEST }],
    ['cairn:extend', { command: 'extend', ttl: '4h' }],
    ['cairn:end', { command: 'destroy', reason: 'asked' }],
  ])('knows %s', async (action_id, expected) => {
    await send(click({}, { action_id }));

    expect([...host.accepted.values()][0]?.[0]).toMatchObject({ ...expected, environment: 'prod' });
  });

  it.each([
    ['somebody who is not mapped', 'U0BOB'],
    ['somebody who is mapped to the operator', 'U0ROOT'],
    ['a name of JavaScript', 'CONSTRUCTOR'],
  ])('tells %s how to be, and where to answer until then', async (_who, id) => {
    const response = await send(click({ user: { id } }));

    expect(response.status).toBe(200);
    expect(host.accepted.size).toBe(0);
    expect(host.ports.chat.answers).toEqual([
      {
        address: RESPONSES,
        text: `Cairn does not know who you are on GitHub, so this did not count. Somebody adds \`${id}: your-github-login\` below \`notifications.slack.users\` in cairn.yaml on main. Until then: http://cairn.test/runs/${VALUE.run}`,
      },
    ]);
  });

  it.each([
    ['since, which is another one', 3600, 0],
    ['before, which is meant', -3600, 1],
  ])('looks whether the environment of that name was made %s', async (_when, later, count) => {
    const at = new Date((1_700_000_000 + later) * 1000).toISOString();
    await host.ports.ephemerals.claim(
      {
        repository: 'acme/shop',
        environment: 'eph-x',
        state: 'ready',
        ref: 'change',
        commit: null,
        pull: null,
        automatic: false,
        owner: 'bob',
        email: null,
        createdAt: at,
        startedAt: at,
        endsAt: null,
        projects: null,
        applied: {},
        outputs: {},
        left: {},
        runId: 'a'.repeat(20),
      },
      9,
    );
    const value = JSON.stringify({ repository: 'acme/shop', environment: 'eph-x' });

    await send(click({}, { action_id: 'cairn:end', value }));

    expect(host.accepted.size).toBe(count);
    expect(
      host.ports.chat.answers.filter(({ text }) => text.includes('eph-x was made anew since')),
    ).toHaveLength(1 - count);
  });

  it('knows nobody whom only a branch that is not merged maps', async () => {
    host.ports.repository.push('change', { 'cairn.yaml': CONFIG.replace('U0ALICE', 'U0MALLORY') });

    await send(click({ user: { id: 'U0MALLORY' } }));

    expect(host.accepted.size).toBe(0);
    expect(host.ports.chat.answers[0]?.text).toContain('does not know who you are');
  });

  it.each<[string, Signed]>([
    ['another secret', { secret: 'f'.repeat(32) }],
    ['no signature', { signature: '' }],
    ['a signature of another version', { signature: `v1=${'0'.repeat(64)}` }],
    ['a timestamp of six minutes ago', { age: 360 }],
    ['a timestamp of the future', { age: -360 }],
    ['a timestamp that is no number', { age: Number.NaN }],
  ])('refuses %s', async (_what, signed) => {
    const response = await send(click(), signed);

    expect(response.status).toBe(401);
    expect(host.accepted.size).toBe(0);
    expect(host.logged[0]).toMatchObject({ message: 'a click with a bad signature' });
    expect(JSON.stringify(host.logged)).not.toContain(SIGNING);
  });

  it('refuses a body that was changed after it was signed', async () => {
    const timestamp = String(host.ports.clock.now().getTime() / 1000);
    const hmac = createHmac('sha256', SIGNING).update(`v0:${timestamp}:${click()}`).digest('hex');

    const response = await send(click({ user: { id: 'U0BOB' } }), { signature: `v0=${hmac}` });

    expect(response.status).toBe(401);
  });

  it('is not there without a signing secret, and the log says why', async () => {
    host.slackSigning = async () => null;

    const response = await send(click());

    expect(response.status).toBe(404);
    expect(host.logged[0]?.fields['help']).toContain('CAIRN_SLACK_SIGNING_SECRET');
    expect(host.accepted.size).toBe(0);
  });

  it.each([
    ['a button that is not ours', click({}, { action_id: 'other:thing' })],
    ['a value that is not ours', click({}, { value: 'prod' })],
    [
      'a repository that is not watched',
      click({}, { value: JSON.stringify({ ...VALUE, repository: 'a/b' }) }),
    ],
    ['another kind of interaction', click({ type: 'view_submission' })],
  ])('answers 200 to %s, and does nothing', async (_what, body) => {
    const response = await send(body);

    expect(response.status).toBe(200);
    expect(host.accepted.size).toBe(0);
  });

  it('refuses what is no form with a payload', async () => {
    expect((await send('payload=%7B')).status).toBe(400);
    expect((await send('{}')).status).toBe(400);
  });

  it('asks for another click where GitHub does not answer', async () => {
    host.ports.source.defaultBranch = async () => {
      throw new Unavailable('GitHub is down.');
    };
    await send(click());
    host.ports.source.defaultBranch = () => new Promise(() => {});
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const answer = send(click());
    while (vi.getTimerCount() === 0) await new Promise(setImmediate);
    // Slack gives up after three seconds.
    await vi.advanceTimersByTimeAsync(2500);
    const response = await answer;

    expect(response.status).toBe(200);
    expect(host.accepted.size).toBe(0);
    expect(host.ports.chat.answers.map(({ text }) => text.split(': ')[1])).toEqual([
      'GitHub is down. Until then',
      'click once more. Until then',
    ]);
  });
});
