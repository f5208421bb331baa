import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { requestSchema } from '../../../core/requests/request.ts';
import { requestFromWebhook } from '../../../core/requests/webhook.ts';

const A = 'a'.repeat(40);
const B = 'b'.repeat(40);
const ZERO = '0'.repeat(40);
const context = { self: 'cairn[bot]' };

function ask(event: string, payload: unknown) {
  return requestFromWebhook({ event, deliveryId: 'd-1', payload }, context);
}

function push(change: Record<string, unknown> = {}) {
  const repository = { full_name: 'acme/shop' };
  return { ref: 'refs/heads/main', before: A, after: B, repository, sender: { login: 'alice' }, ...change };
}

function pull(change: { action?: string; draft?: boolean; from?: string | null } = {}) {
  const { action = 'opened', draft = false, from = 'acme/shop' } = change;
  const repo = from === null ? null : { full_name: from };
  return {
    action,
    number: 7,
    pull_request: {
      draft,
      head: { sha: A, repo },
      updated_at: '2026-01-01T12:00:00Z',
      ...(action === 'closed' ? { closed_at: '2026-01-02T12:00:00Z' } : {}),
    },
    repository: { full_name: 'acme/shop' },
    sender: { login: 'bob' },
  };
}

function comment(body: string, change: { action?: string; issue?: object; user?: object | null } = {}) {
  const {
    action = 'created',
    issue = { number: 7, pull_request: {} },
    user = { login: 'bob', type: 'User' },
  } = change;
  return { action, issue, comment: { id: 99, body, user }, repository: { full_name: 'acme/shop' } };
}

describe('push', () => {
  test('asks for a deploy of what the branch is now', () => {
    expect(ask('push', push())).toEqual([
      {
        command: 'push',
        repository: 'acme/shop',
        branch: 'main',
        before: A,
        commit: B,
        origin: { source: 'webhook', login: 'alice', trigger: `${A}..${B}` },
      },
    ]);
  });

  test('of a new branch begins at nothing', () => {
    expect(ask('push', push({ before: ZERO, ref: 'refs/heads/feature/x' }))).toMatchObject([
      { branch: 'feature/x', before: ZERO, commit: B },
    ]);
  });

  test.each([
    ['a tag', { ref: 'refs/tags/v1' }, /tag/],
    ['a deleted branch', { deleted: true, after: ZERO }, /deleted/],
    ["one of Cairn's branches", { ref: 'refs/heads/cairn/record' }, /Cairn's own/],
    ['a branch that looks like an option', { ref: 'refs/heads/--upload-pack=x' }, /name/],
    ['a branch that climbs', { ref: 'refs/heads/a/../../b' }, /name/],
    ['a repository that climbs', { repository: { full_name: '../../etc' } }, /repository/],
    ['no commit', { after: '--output=x' }, /after/],
  ])('of %s asks for nothing and says so', (_, change, reason) => {
    expect(ask('push', push(change))).toEqual({ ignored: expect.stringMatching(reason) });
  });

  test('by somebody whose login is no login is by nobody', () => {
    expect(ask('push', push({ sender: { login: 'a b; rm' } }))).toMatchObject([{ origin: { login: null } }]);
  });
});

describe('pull request', () => {
  test.each(['opened', 'ready_for_review'])('%s asks for a plan', (action) => {
    expect(ask('pull_request', pull({ action }))).toEqual([
      {
        command: 'plan',
        repository: 'acme/shop',
        pull: 7,
        commit: A,
        asked: false,
        origin: { source: 'webhook', login: 'bob', trigger: `7/${A}/${action}` },
      },
    ]);
  });

  test.each(['reopened', 'synchronize'])('%s asks for a plan, each time that it is', (action) => {
    const [first] = [ask('pull_request', pull({ action }))];
    const again = pull({ action });
    again.pull_request.updated_at = '2026-01-03T12:00:00Z';

    expect(first).toMatchObject([
      { command: 'plan', origin: { trigger: `7/${A}/${action}/2026-01-01T12:00:00Z` } },
    ]);
    expect(ask('pull_request', again)).not.toEqual(first);
  });

  test.each([
    ['of the repository', 'acme/shop'],
    ['of a fork', 'mallory/shop'],
    ['of a deleted fork', null],
  ])('%s that is closed is told, each time that it is', (_, from) => {
    expect(ask('pull_request', pull({ action: 'closed', from }))).toEqual([
      {
        command: 'closed',
        repository: 'acme/shop',
        pull: 7,
        origin: { source: 'webhook', login: 'bob', trigger: `7/${A}/closed/2026-01-02T12:00:00Z` },
      },
    ]);
  });

  test('closed as a draft is told too', () => {
    expect(ask('pull_request', pull({ action: 'closed', draft: true }))).toMatchObject([
      { command: 'closed' },
    ]);
  });

  test.each([
    ['edited', { action: 'edited' }, /edited/],
    ['a draft', { draft: true }, /draft/],
    ['of a fork', { from: 'mallory/shop' }, new RegExp(`/cairn plan ${A}`)],
    ['of a fork that was deleted', { from: null }, /fork/],
    ['of an unknown action', { action: '<b>' }, /unknown/],
  ])('%s asks for nothing and says so', (_, change, reason) => {
    expect(ask('pull_request', pull(change))).toEqual({ ignored: expect.stringMatching(reason) });
  });
});

describe('comment', () => {
  test('asks, in the name of its author', () => {
    expect(ask('issue_comment', comment('/cairn approve prod 3f2a91c'))).toEqual([
      {
        command: 'approve',
        environment: 'prod',
        digest: '3f2a91c',
        pull: 7,
        repository: 'acme/shop',
        origin: { source: 'comment', login: 'bob', trigger: 'comment-99' },
      },
    ]);
  });

  test('asks for a plan although nobody knows the head', () => {
    expect(ask('issue_comment', comment('/cairn plan'))).toMatchObject([
      { command: 'plan', pull: 7, asked: true },
    ]);
  });

  test('with several commands gives each a trigger of its own', () => {
    const answer = ask('issue_comment', comment('/cairn plan -p app\r\nand\r\n/cairn deploy prod --retry'));

    expect(answer).toMatchObject([
      { command: 'plan', project: 'app', origin: { trigger: 'comment-99' } },
      { command: 'deploy', environment: 'prod', retry: true, origin: { trigger: 'comment-99/2' } },
    ]);
  });

  test.each([
    ['up', { command: 'ephemeral', pull: 7 }],
    [
      'up name=Demo ttl=2h -p app',
      { command: 'ephemeral', pull: 7, name: 'Demo', ttl: '2h', projects: ['app'] },
    ],
    ['down', { command: 'destroy', environment: 'eph-pr-7', reason: 'asked', pull: 7 }],
    ['down demo', { command: 'destroy', environment: 'eph-demo', reason: 'asked', pull: 7 }],
    ['down eph-demo', { command: 'destroy', environment: 'eph-demo', reason: 'asked', pull: 7 }],
    // A permanent environment is not taken down by this name: it becomes that of an ephemeral one.
    ['down prod', { command: 'destroy', environment: 'eph-prod', reason: 'asked', pull: 7 }],
    ['extend 4h', { command: 'extend', environment: 'eph-pr-7', ttl: '4h', pull: 7 }],
    ['extend demo 4h', { command: 'extend', environment: 'eph-demo', ttl: '4h', pull: 7 }],
    ['end --at never', { command: 'extend', environment: 'eph-pr-7', at: 'never', pull: 7 }],
    [
      'destroy prod prod',
      { command: 'destroy', environment: 'prod', confirm: 'prod', reason: 'asked', pull: 7 },
    ],
    ['run -p app -- output', { command: 'run', project: 'app', args: ['output'], pull: 7 }],
    ['drift', { command: 'drift', pull: 7 }],
    ['freeze prod sale', { command: 'freeze', environment: 'prod', reason: 'sale', pull: 7 }],
    ['unfreeze prod', { command: 'unfreeze', environment: 'prod', pull: 7 }],
    [
      'deploy prod --despite-freeze',
      { command: 'deploy', environment: 'prod', retry: false, despiteFreeze: true, pull: 7 },
    ],
  ])('that says %j asks for that', (line, request) => {
    const origin = { source: 'comment', login: 'bob', trigger: 'comment-99' };

    const answer = ask('issue_comment', comment(`/cairn ${line}`));

    expect(answer).toEqual([{ ...request, repository: 'acme/shop', origin }]);
    expect(requestSchema.array().safeParse(answer).error).toBeUndefined();
  });

  test('for help is answered with what there is', () => {
    expect(ask('issue_comment', comment('/cairn help'))).toMatchObject([
      { command: 'help', text: expect.stringContaining('/cairn destroy ENVIRONMENT ENVIRONMENT') },
    ]);
  });

  test('that is not understood asks for help and for nothing else', () => {
    const answer = ask('issue_comment', comment('/cairn deploy prod\n/cairn destroy everything now'));

    expect(answer).toMatchObject([
      { command: 'help', pull: 7, text: expect.stringContaining('/cairn destroy') },
    ]);
    expect(requestSchema.array().safeParse(answer).error).toBeUndefined();
  });

  test.each([
    ['edited', comment('/cairn plan', { action: 'edited' }), /new comments/],
    ['on an issue', comment('/cairn plan', { issue: { number: 7 } }), /pull requests/],
    ['by Cairn', comment('/cairn plan', { user: { login: 'cairn[bot]', type: 'Bot' } }), /Cairn's own/],
    ['by a bot', comment('/cairn plan', { user: { login: 'renovate[bot]' } }), /bot/],
    ['by a machine user', comment('/cairn plan', { user: { login: 'ci', type: 'Bot' } }), /bot/],
    ['by nobody', comment('/cairn plan', { user: null }), /author/],
    ['about something else', comment('see /cairn plan'), /without/],
  ])('%s asks for nothing and says so', (_, payload, reason) => {
    expect(ask('issue_comment', payload)).toEqual({ ignored: expect.stringMatching(reason) });
  });
});

test('other events, and what is no payload at all, ask for nothing', () => {
  expect(ask('star', {})).toEqual({ ignored: expect.stringMatching(/star/) });
  expect(ask('ping', { zen: 'x' })).toEqual({ ignored: expect.stringMatching(/ping/) });
  for (const payload of [null, [], 'x', 1, {}]) {
    for (const event of ['push', 'pull_request', 'issue_comment']) {
      expect(ask(event, payload)).toEqual({ ignored: expect.stringMatching(/payload/) });
    }
  }
});

test('whatever stands in a payload, the answer is a request that fits its schema or a reason', () => {
  const wild = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.constant(A),
    fc.constant('refs/heads/x'),
    fc.integer(),
    fc.constant(null),
  );
  const bend = fc.record({ key: fc.nat(6), value: wild });
  const payloads = [
    ['push', push()],
    ['pull_request', pull()],
    ['issue_comment', comment('/cairn plan')],
  ] as const;

  fc.assert(
    fc.property(fc.constantFrom(...payloads), bend, wild, ([event, payload], { key, value }, body) => {
      const keys = Object.keys(payload);
      const bent = { ...payload, [keys[key % keys.length] ?? 'x']: value };
      const texts = 'comment' in payload ? { ...payload, comment: { ...payload.comment, body } } : payload;

      for (const answer of [ask(event, bent), ask(event, texts)]) {
        if (Array.isArray(answer))
          expect(requestSchema.array().min(1).safeParse(answer).error).toBeUndefined();
        else expect(answer.ignored.length).toBeGreaterThan(0);
      }
    }),
  );
});
