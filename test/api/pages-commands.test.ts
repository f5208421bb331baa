import { describe, expect, it } from 'vitest';
import { createApp } from '../../api/app.ts';
import { urlOf } from '../../api/pages/ephemerals.ts';
import type { EphemeralPart } from '../../core/ephemeral/part.ts';
import type { DriftPart } from '../../core/runs/document.ts';
import { type TestHost, testHost } from './host.ts';
import { aPass, goodDeployment, progress, waitingDeploy } from './story.ts';
import { aRunOf, COUNTS, drifted, FREEZE, frozen, leaked, ranCommand, stands } from './story-commands.ts';

async function open(host: TestHost, path: string) {
  const response = await createApp(host).request(path, { headers: { host: '127.0.0.1:8474' } });
  return { status: response.status, text: await response.text() };
}

const EPHEMERAL: EphemeralPart = {
  ref: 'feature/x',
  owner: 'alice',
  email: 'alice@example.com',
  endsAt: '2026-01-01T05:20:00.000Z',
  outputs: { 'app.url': 'https://demo.example.com' },
  existed: false,
  destroyedBy: null,
};

const DRIFT: DriftPart = {
  basis: '',
  reconcile: false,
  at: '2026-01-01T00:00:00.000Z',
  since: '2026-01-01T00:00:00.000Z',
  drifted: { app: { digest: 'a'.repeat(64), counts: COUNTS } },
  unknown: ['network'],
  digest: 'a'.repeat(64),
  known: true,
  gone: false,
  issue: { number: 9, url: 'https://github.test/acme/shop/issues/9' },
  notes: ['A deploy is not started: prod is frozen.'],
  reconciledBy: null,
};

describe('the first page', () => {
  it('shows who froze an environment, why and until when, and what drifted', async () => {
    const host = testHost();
    const { commit } = await waitingDeploy(host.ports);
    await goodDeployment(host.ports, 'staging', commit);
    await frozen(host.ports, 'staging');
    await drifted(host.ports, 'staging');

    const { text } = await open(host, '/');

    expect(text).toContain('<span class="badge cold">frozen</span>');
    expect(text).toMatch(/Frozen by @bob since .*2026-01-02 00:00 UTC.*: the sale of the year/);
    expect(text).toContain('<span class="badge wait">drifted</span>');
    expect(text).toMatch(/Drift in app \(1 to change\), found .*3 h ago/);
    expect(text).toContain('href="https://github.test/acme/shop/issues/9"');
    expect(text).toContain('Not compared: network.');
  });

  it('shows ephemeral environments with what leads to them', async () => {
    const host = testHost();
    await waitingDeploy(host.ports);
    await stands(host.ports, 'demo');
    await stands(host.ports, 'plain', { outputs: {}, owner: null, pull: null, endsAt: null });

    const { text } = await open(host, '/');

    expect(text).toContain('<strong><a href="/environments/acme/shop/eph-demo">eph-demo</a></strong>');
    expect(text).toContain(
      '<a href="https://demo.example.com" rel="noreferrer">https://demo.example.com</a>',
    );
    expect(text).toContain('eph-plain</a></strong></td>');
    expect(text).toContain('5 h 20 min');
    expect(text).toContain('@alice');
    // Who may read the pages need not know where somebody gets mail.
    expect(text).not.toContain('alice@example.com');
    expect(text).not.toContain('class="problem"');
  });

  it('shows what leaked first, in red, with what is left and what helps', async () => {
    const host = testHost();
    await waitingDeploy(host.ports);
    await stands(host.ports, 'demo');
    await leaked(host.ports, 'old');

    const { text } = await open(host, '/');

    expect(text.indexOf('eph-old')).toBeLessThan(text.indexOf('eph-demo'));
    expect(text).toContain('One of them could not be destroyed');
    expect(text).toContain('<tr class="is-bad">');
    expect(text).toContain('<code>aws_instance.web[0]</code>, <code>aws_eip.web</code>');
    expect(text).toContain('what is left could not be told');
    expect(text).toContain('cairn env down eph-old --repository acme/shop');
  });

  it('folds what is many, and never what leaked', async () => {
    const host = testHost();
    await waitingDeploy(host.ports);
    for (let index = 0; index < 200; index++)
      await stands(host.ports, `e${index}`, index < 20 ? { state: 'leaked', left: {} } : {});

    const { text } = await open(host, '/');

    const [shown = '', folded = ''] = text.split('<details id="more-ephemerals">');
    expect(shown.match(/<tr class="is-bad">/g)).toHaveLength(20);
    expect(shown).toContain('20 of them could not be destroyed');
    expect(folded).toContain('and 180 more');
    expect(folded.match(/<strong>/g)).toHaveLength(180);
  });
});

describe('the page of an environment', () => {
  it('shows what stands, what may be asked of it, and its own runs', async () => {
    const host = testHost();
    const { commit } = await waitingDeploy(host.ports);
    await goodDeployment(host.ports, 'staging', commit);
    await frozen(host.ports, 'staging');
    await drifted(host.ports, 'staging');
    await ranCommand(host.ports, 'of prod');

    const { status, text } = await open(host, '/environments/acme/shop/staging');

    expect(status).toBe(200);
    expect(text).toMatch(/Frozen by @bob since .*: the sale of the year/);
    expect(text).toMatch(/Drift in app \(1 to change\)/);
    expect(text).toContain('cairn unfreeze staging --repository acme/shop');
    expect(text).not.toContain('cairn freeze staging');
    expect(text).not.toContain('terraform in prod');
  });

  it('of an ephemeral one shows owner, outputs and its end, and no address of a person', async () => {
    const host = testHost();
    await waitingDeploy(host.ports);
    await stands(host.ports, 'demo');

    const { text } = await open(host, '/environments/acme/shop/eph-demo');

    expect(text).toContain('https://demo.example.com');
    expect(text).toContain('@alice');
    expect(text).toMatch(/2026-01-01 05:20 UTC<\/time> <span class="quiet">in 5 h 20 min/);
    expect(text).toContain('cairn env extend eph-demo 4h --repository acme/shop');
    expect(text).not.toContain('alice@example.com');
  });

  it('of one that leaked shows what is left, and only the command that helps', async () => {
    const host = testHost();
    await waitingDeploy(host.ports);
    await leaked(host.ports, 'old');

    const { text } = await open(host, '/environments/acme/shop/eph-old');

    expect(text).toContain('<code>aws_instance.web[0]</code>, <code>aws_eip.web</code>');
    expect(text).toContain('cairn env down eph-old --repository acme/shop');
    expect(text).not.toContain('cairn env extend');
    // It has no end that anybody could wait for.
    expect(text).not.toContain('<dt>ends</dt>');
  });

  it('of one that is being destroyed says so, in place of the end that it had', async () => {
    const host = testHost();
    await waitingDeploy(host.ports);
    await stands(host.ports, 'demo', { state: 'destroying' });

    const one = await open(host, '/environments/acme/shop/eph-demo');
    const all = await open(host, '/');

    expect(one.text).toContain('now: it is destroyed');
    expect(`${one.text}${all.text}`).not.toContain('5 h 20 min');
  });

  it('of an ephemeral one that is gone still has its runs; one that never was is not there', async () => {
    const host = testHost();
    await waitingDeploy(host.ports);
    const id = await aRunOf(host.ports, 'destroy', {}, { environment: 'eph-demo' });

    const gone = await open(host, '/environments/acme/shop/eph-demo');
    const never = await open(host, '/environments/acme/shop/eph-never');
    const elsewhere = await open(host, '/environments/acme/other/prod');

    expect(gone.status).toBe(200);
    expect(gone.text).toContain('It does not stand any more.');
    expect(gone.text).toContain(`/runs/${id}`);
    expect(never.status).toBe(404);
    expect(elsewhere.status).toBe(404);
  });
});

describe('the page of a run', () => {
  it('of a terraform command shows what it printed and leads to all of it', async () => {
    const host = testHost();
    const output = 'aws_instance.web[0]\n<b>bold</b>\n';
    const id = await ranCommand(host.ports, output, { cut: true, args: ['state', 'show', 'x["a b"]'] });

    const { text } = await open(host, `/runs/${id}`);
    const whole = await open(host, `/runs/${id}/output.txt`);

    expect(text).toContain('terraform in prod');
    expect(text).toContain('state show &#39;x[&quot;a b&quot;]&#39;');
    expect(text).toContain('aws_instance.web[0]');
    expect(text).toContain(`href="/runs/${id}/output.txt"`);
    expect(text).toContain(`href="/runs/${id}/jobs/read-3-app"`);
    expect(text).not.toContain('No project is affected');
    expect(whole.text).toBe(output);
  });

  it('of a comparison shows each project, and where it is told', async () => {
    const host = testHost();
    const deploy = aPass([progress('app'), progress('network'), progress('dns')]);
    const id = await aRunOf(host.ports, 'drift', {
      drift: DRIFT,
      deploy,
      frozen: FREEZE,
      outcome: 'drifted',
    });

    const { text } = await open(host, `/runs/${id}`);

    const rows = text.split('<tr>').map((row) => row.replace(/\s+/g, ' '));
    const row = (name: string) => rows.find((one) => one.includes(`<strong>${name}</strong>`));
    expect(text).toContain('Not as it was deployed: app.');
    expect(row('app')).toContain('<span class="badge wait">drifted</span>');
    expect(row('network')).toContain('<span class="badge quiet">unknown</span>');
    expect(row('dns')).toContain('<span class="badge good">in sync</span>');
    expect(text).toContain('issues/9');
    expect(text).toContain('A deploy is not started: prod is frozen.');
    expect(text).toContain('the sale of the year');
  });

  it('of a comparison that found nothing new leads to no issue; one after which it is closed does', async () => {
    const pageOf = async (drift: Partial<DriftPart>) => {
      const host = testHost();
      const id = await aRunOf(host.ports, 'drift', {
        drift: { ...DRIFT, drifted: {}, unknown: [], digest: null, known: false, ...drift },
      });
      return (await open(host, `/runs/${id}`)).text;
    };

    const same = await pageOf({});
    const closed = await pageOf({ gone: true });

    expect(same).toContain('Nothing differs');
    expect(same).not.toContain('issues/9');
    expect(closed).toMatch(/Closed: <a href="[^"]*issues\/9"/);
  });

  it('says of a plan that was made again after what it waits for that it was too early, not that it failed', async () => {
    const host = testHost();
    const id = await aRunOf(host.ports, 'ephemeral', { ephemeral: EPHEMERAL }, { environment: 'eph-demo' });
    const result = (job: string, status: string) =>
      host.ports.artifacts.put(
        `jobs/acme/shop/ephemeral/deploy-plan/${id}/${job}/out/result.json`,
        JSON.stringify({ version: 1, id: job, status, started: false }),
      );
    await result('plan-2-app', 'failed');
    await result('plan-5-app', 'ok');
    await result('plan-2-data', 'ok');
    await result('plan-5-data', 'failed');

    const { text } = await open(host, `/runs/${id}`);

    const badgeOf = (job: string) =>
      new RegExp(`jobs/${job}">[^<]*</a> <span class="badge [a-z]+">([^<]*)`).exec(text)?.[1];
    expect(badgeOf('plan-2-app')).toBe('too early');
    expect(badgeOf('plan-5-data')).toBe('failed');
  });

  it('of an ephemeral environment shows where it is and until when', async () => {
    const host = testHost();
    const id = await aRunOf(host.ports, 'ephemeral', { ephemeral: EPHEMERAL }, { environment: 'eph-demo' });

    const { text } = await open(host, `/runs/${id}`);

    expect(text).toContain('make eph-demo');
    expect(text).toContain('<a href="/environments/acme/shop/eph-demo">eph-demo</a>');
    expect(text).toContain(
      '<a href="https://demo.example.com" rel="noreferrer">https://demo.example.com</a>',
    );
    expect(text).toContain('2026-01-01 05:20 UTC');
    expect(text).not.toContain('alice@example.com');
  });

  it('of a destroy shows what is left, and what helps', async () => {
    const host = testHost();
    const left = { app: ['aws_eip.web'], network: null };
    const destroy = { attempt: 3, gone: [], begun: true, listed: {}, left };
    const id = await aRunOf(
      host.ports,
      'destroy',
      { destroy, outcome: 'leaked' },
      { environment: 'eph-demo' },
    );

    const { text } = await open(host, `/runs/${id}`);

    expect(text).toContain('Left in eph-demo');
    expect(text).toContain('<code>aws_eip.web</code>');
    expect(text).toContain('cairn env down eph-demo --repository acme/shop');
  });

  it.each(['ephemeral', 'destroy', 'extend', 'run', 'drift'] as const)(
    'of %s that has nothing yet is a page',
    async (workflow) => {
      const host = testHost();
      const id = await aRunOf(host.ports, workflow, {}, { state: 'running' });

      expect((await open(host, `/runs/${id}`)).status).toBe(200);
    },
  );

  it('makes hostile texts harmless, wherever they stand', async () => {
    const host = testHost();
    const evil = `"><script>alert(1)</script><img src=x onerror=alert(2)>'`;
    await waitingDeploy(host.ports);
    await frozen(host.ports, 'prod', { ...FREEZE, by: evil, reason: evil });
    await stands(host.ports, 'x', {
      ref: evil,
      owner: evil,
      state: 'leaked',
      left: { [evil]: [evil], other: null },
      outputs: { [`${evil}.${evil}`]: evil, 'other.url': 'javascript:alert(3)' },
    });
    const id = await aRunOf(host.ports, 'drift', {
      frozen: { ...FREEZE, reason: evil },
      ephemeral: { ...EPHEMERAL, ref: evil, owner: evil, outputs: { [evil]: 'javascript:alert(4)' } },
      destroy: { attempt: 1, gone: [], begun: true, listed: {}, left: { [evil]: [evil] } },
      terraform: {
        project: evil,
        args: [evil],
        writes: false,
        job: 'javascript:alert(5)',
        output: { text: evil, cut: true },
        exitOk: false,
      },
      drift: { ...DRIFT, unknown: [evil], notes: [evil], issue: { number: 1, url: 'javascript:alert(6)' } },
    });

    const pages = await Promise.all([open(host, '/'), open(host, `/runs/${id}`)]);

    for (const { status, text } of pages) {
      expect(status).toBe(200);
      expect(text).toContain('&lt;script&gt;alert(1)');
      expect(text).not.toContain('<script>alert');
      expect(text).not.toContain('<img src=x');
      expect(text).not.toMatch(/href="javascript:/i);
    }
  });
});

describe('where an ephemeral environment answers', () => {
  it.each<[Record<string, string>, string | null]>([
    [{ 'a.admin': 'https://admin', 'b.url': 'https://app' }, 'https://app'],
    [{ 'a.admin': 'https://admin', 'b.name': 'x' }, 'https://admin'],
    [{ 'b.url': 'javascript:alert(1)', 'c.home': 'http://home' }, 'http://home'],
    [{ 'b.url': 'app.internal' }, null],
    [{}, null],
  ])('%j', (outputs, url) => {
    expect(urlOf(outputs)).toBe(url);
  });
});
