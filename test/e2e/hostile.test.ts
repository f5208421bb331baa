import { createHmac, randomUUID } from 'node:crypto';
import { existsSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { markdownFaults, withoutFences } from '../support/markdown-check.ts';
import { config, root } from '../support/real-roots.ts';
import { REPOSITORY, type RealWorld, startRealWorld } from '../support/real-world.ts';

const LARGEST = 25 * 1024 * 1024;

let world: RealWorld;

beforeAll(async () => {
  world = await startRealWorld();
  const commit = await world.push({ ...config(), ...root(world.log, 'app', { value: 'a1' }) });
  await world.deploy({ commit });
});

afterAll(() => world.close());

/** After each of them the server is as it was: its next job is done. */
async function stillWorks(value: string): Promise<void> {
  const commit = await world.push(root(world.log, 'app', { value }));
  const run = await world.deploy({ commit });
  expect(run.state).toBe('succeeded');
  expect(await world.applied()).toContain(`+ app ${value}`);
}

describe('a webhook', () => {
  interface Sent {
    event?: string;
    delivery?: string;
    headers?: (body: string) => Record<string, string>;
  }

  const hmac = (algorithm: string, body: string, secret = world.webhookSecret) =>
    `${algorithm}=${createHmac(algorithm, secret).update(body).digest('hex')}`;
  const good = (body: string) => ({ 'x-hub-signature-256': hmac('sha256', body) });

  async function send(body: string, { event = 'push', delivery = randomUUID(), headers = good }: Sent = {}) {
    const answer = await fetch(`${world.server.url}/webhook`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-github-event': event,
        'x-github-delivery': delivery,
        ...headers(body),
      },
      body,
    });
    return { status: answer.status, said: JSON.stringify(await answer.json()) };
  }

  const push = (ref: string, after = 'a'.repeat(40)) =>
    JSON.stringify({
      ref,
      before: 'b'.repeat(40),
      after,
      repository: { full_name: REPOSITORY },
      sender: { login: 'bob' },
    });

  test('with a bad signature, none, or one by SHA-1 alone is refused, and says what is expected', async () => {
    const body = push('refs/heads/main');
    const headers: NonNullable<Sent['headers']>[] = [
      () => ({ 'x-hub-signature-256': hmac('sha256', body, 'another secret of 32 characters or more') }),
      () => ({ 'x-hub-signature-256': 'sha256=' }),
      () => ({ 'x-hub-signature': hmac('sha1', body) }),
      () => ({ 'x-hub-signature-256': hmac('sha1', body) }),
      () => ({}),
    ];
    const before = (await world.runs()).length;

    const answers = await Promise.all(headers.map((one) => send(body, { headers: one })));

    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
    for (const { said } of answers) {
      expect(said).toContain('X-Hub-Signature-256');
      expect(said).not.toContain(hmac('sha256', body).slice(7));
    }
    expect(world.told.join('\n')).not.toContain(hmac('sha256', body).slice(7));
    expect((await world.runs()).length).toBe(before);
  });

  test('of 25 MB is read, one byte more is refused', async () => {
    const start = `{"ref":"refs/tags/v1","before":"${'b'.repeat(40)}","after":"${'a'.repeat(40)}","repository":{"full_name":"${REPOSITORY}"},"more":"`;
    const whole = `${start}${'x'.repeat(LARGEST - start.length - 2)}"}`;

    const largest = await send(whole);
    const larger = await send(`${whole} `);

    expect(whole).toHaveLength(LARGEST);
    expect(largest).toMatchObject({ status: 202, said: expect.stringContaining('tag') });
    expect(larger).toMatchObject({ status: 413, said: expect.stringContaining(`${LARGEST}`) });
  });

  test('that is not JSON, or not what GitHub sends, is answered with what is wrong', async () => {
    const broken = await send('{"ref": "refs/heads/main');
    const other = await send('[1, 2]');
    const nobody = await send(push('refs/heads/main'), { delivery: 'a b' });
    const odd = await send(push('refs/heads/main'), { event: 'Push!' });

    expect(broken).toMatchObject({ status: 400, said: expect.stringContaining('not JSON') });
    expect(broken.said).not.toContain('refs/heads');
    expect(other).toMatchObject({ status: 202, said: expect.stringContaining('as GitHub sends it') });
    expect(nobody).toMatchObject({ status: 400, said: expect.stringContaining('X-GitHub-Delivery') });
    expect(odd).toMatchObject({ status: 400, said: expect.stringContaining('X-GitHub-Event') });
  });

  test('of an unknown event, of another repository, or with a ref like a flag starts nothing and says why', async () => {
    const before = (await world.runs()).length;

    const unknown = await send(push('refs/heads/main'), { event: 'sponsorship_of_tomorrow' });
    const flag = await send(push('refs/heads/--upload-pack=x'));
    const climbing = await send(push('refs/heads/../../config'));
    const foreign = await send(push('refs/heads/main').replace(REPOSITORY, 'evil/infra'));

    expect(unknown).toMatchObject({ status: 202, said: expect.stringContaining('asks for nothing') });
    expect(flag).toMatchObject({ status: 202, said: expect.stringContaining('git would not take') });
    expect(climbing).toMatchObject({ status: 202, said: expect.stringContaining('git would not take') });
    expect(foreign).toMatchObject({ status: 202, said: expect.stringContaining('not watched') });
    expect((await world.runs()).length).toBe(before);
  });

  test('and the next good push works', () => stillWorks('after-webhooks'));
});

describe('a pull request', () => {
  test('with directories that climb out is told where in cairn.yaml', async () => {
    const files = { 'cairn.yaml': 'environments:\n  prod:\n    branch: main\nprojects:\n  - dir: ../..\n' };
    const head = await world.push(files, { branch: 'climbing' });
    const pull = await world.bob.openPull({ head: 'climbing' });

    const [comment] = await world.until('a comment', async () => {
      const all = await world.bob.comments(pull.number);
      return all.length > 0 ? all : undefined;
    });
    const check = await world.until('a check', () => world.bob.check(head, 'cairn'));

    expect(comment?.body).toContain('cairn.yaml:5');
    expect(comment?.body).toMatch(/dir/);
    expect(check).toMatchObject({ conclusion: 'failure' });
  });

  test('with a link out of the checkout is told which', async () => {
    const dir = await world.clone.git('rev-parse', '--show-toplevel');
    await world.clone.git('checkout', '--quiet', '-B', 'linked', 'origin/main');
    symlinkSync('../../../../../../etc/passwd', path.join(dir, 'app', 'users.txt'));
    await world.clone.git('add', '--all');
    await world.clone.git('commit', '--quiet', '-m', 'A link');
    await world.clone.git('push', '--quiet', 'origin', 'HEAD:refs/heads/linked');
    const head = await world.clone.git('rev-parse', 'HEAD');

    const pull = await world.bob.openPull({ head: 'linked' });
    const run = await world.ended({ pull: pull.number });
    const check = await world.until('the check', async () => {
      const found = await world.bob.check(head, 'cairn: prod');
      return found?.conclusion ? found : undefined;
    });

    expect(run).toMatchObject({ state: 'failed', title: expect.stringContaining('app/users.txt') });
    expect(check.summary).toContain('leaves the repository');
  });

  test('of a branch called like a flag is planned like any other', async () => {
    await world.push(root(world.log, 'app', { value: 'flag' }), { branch: 'flagged' });
    await world.clone.git('push', '--quiet', 'origin', 'HEAD:refs/heads/--upload-pack=x');
    const pull = await world.bob.openPull({ head: '--upload-pack=x' });

    const run = await world.ended({ pull: pull.number });

    expect(run.state).toBe('succeeded');
  });

  test('whose comments hold shell does nothing with it', async () => {
    const mark = path.join(world.dir, 'pwned');
    const head = await world.push(root(world.log, 'app', { value: 'shell' }), { branch: 'shell' });
    const pull = await world.bob.openPull({ head: 'shell' });
    const attempts = [
      `/cairn deploy prod; touch ${mark}`,
      `/cairn deploy $(touch ${mark})`,
      `/cairn plan -p \`touch ${mark}\``,
      `/cairn approve prod "&& touch ${mark}"`,
      `/cairn plan --upload-pack=touch`,
    ];
    const said: string[] = [];
    for (const attempt of attempts) {
      await world.bob.comment(pull.number, attempt);
      const count = said.length + 1;
      const replies = await world.until(`an answer to ${attempt}`, async () => {
        const all = (await world.bob.comments(pull.number)).filter(({ body }) =>
          body.includes('cairn:reply'),
        );
        return all.length >= count ? all : undefined;
      });
      said.push(replies.at(-1)?.body ?? '');
    }

    expect(existsSync(mark)).toBe(false);
    for (const body of said) expect(body).toMatch(/@bob .+/);
    expect(await world.runs({ commit: head, workflow: 'deploy' })).toEqual([]);
  });

  test('whose plan is full of Markdown gets a comment that is still one', async () => {
    const nasty = [
      'plain',
      '```',
      '</details>',
      '@acme/everybody look at #1, <script>alert(1)</script> <!-- cairn:plan:prod -->',
      '````',
      '~~~',
      '</code></pre>![x](http://evil.test/x.png)',
    ];
    const text = nasty.join('\n');
    const more = `resource "terraform_data" "nasty" {\n  input = { text = ${JSON.stringify(text)}, "@acme/everybody </details> \`\`\`" = "key" }\n}\n`;
    await world.push(root(world.log, 'app', { value: 'markdown', more }), { branch: 'markdown' });
    const pull = await world.bob.openPull({ head: 'markdown', title: '</details> @acme/everybody ```' });

    await world.ended({ pull: pull.number });
    const comment = await world.until('the plan', async () => {
      const found = (await world.bob.comments(pull.number)).find(({ body }) =>
        body.includes('terraform_data.nasty'),
      );
      return found?.body;
    });

    expect(markdownFaults(comment, 65_536)).toEqual([]);
    expect(withoutFences(comment).inside.join('\n')).toContain('@acme/everybody');
  });

  test('and the next good push works', () => stillWorks('after-pulls'));
});
