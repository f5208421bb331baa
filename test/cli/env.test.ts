import { describe, expect, it } from 'vitest';
import { EPHEMERAL_PART, leaked, stands } from '../api/story-commands.ts';
import { talk } from './talk.ts';

const on = talk();

describe('cairn env', () => {
  it.each([
    [
      [
        'up',
        '--ref',
        'feature/x',
        '--ttl',
        '8h',
        '--name',
        'Demo',
        '--project',
        'app',
        '--project',
        'net/work',
      ],
      { command: 'ephemeral', ref: 'feature/x', ttl: '8h', name: 'Demo', projects: ['app', 'net/work'] },
    ],
    [
      ['up', '--pull', '#7', '--email', 'a@example.com'],
      { command: 'ephemeral', pull: 7, email: 'a@example.com' },
    ],
    [['extend', 'demo', '4h', '--no-wait'], { command: 'extend', environment: 'eph-demo', ttl: '4h' }],
    [['extend', 'eph-demo', '4h', '--no-wait'], { command: 'extend', environment: 'eph-demo', ttl: '4h' }],
    [
      ['end', 'demo', '--at', 'never', '--no-wait'],
      { command: 'extend', environment: 'eph-demo', at: 'never' },
    ],
    [['down', 'demo'], { command: 'destroy', environment: 'eph-demo', reason: 'asked' }],
  ])('%j asks for that', async (args, request) => {
    const { code, out } = await on.cairn.run(['env', ...args]);

    expect(code).toBe(0);
    expect(out).toContain('http://cairn.test/runs/0123456789abcdef0123');
    expect(on.host.asked).toMatchObject([{ ...request, repository: 'acme/shop' }]);
    expect(on.host.asked[0]).not.toHaveProperty('confirm');
  });

  it.each([
    [['up'], '--ref'],
    [['up', '--pull', 'x'], 'number'],
    [['extend', 'demo'], 'time'],
    [['end', 'demo'], '--at'],
    [['down'], 'name'],
  ])('%j is a mistake, and says so', async (args, part) => {
    const { code, err } = await on.cairn.run(['env', ...args]);

    expect(code).toBe(2);
    expect(err).toContain(part);
    expect(on.host.asked).toEqual([]);
  });

  it('waits, and then says where it is and when it ends', async () => {
    await on.becomes(
      'ephemeral',
      { ephemeral: EPHEMERAL_PART, outcome: 'ready' },
      { environment: 'eph-demo' },
    );

    const { code, out, err } = await on.cairn.run(['env', 'up', '--ref', 'feature/x', '--wait']);

    expect(code).toBe(0);
    expect(err).toContain('succeeded: Done');
    expect(out).toContain('eph-demo\napp.url: https://demo.example.com\nends: 2026-01-01 05:20 UTC\n');
  });

  it.each([
    ['extend', 'demo', '4h'],
    ['extend', 'demo', '4h', '--wait'],
    ['end', 'demo', '--at', '2026-01-01T05:20Z'],
  ])('says at once when it ends by now: %s %s %s', async (...args) => {
    await on.becomes(
      'extend',
      { ephemeral: EPHEMERAL_PART, outcome: 'extended' },
      { environment: 'eph-demo' },
    );

    const { code, out } = await on.cairn.run(['env', ...args]);

    expect(code).toBe(0);
    expect(out).toContain('ends: 2026-01-01 05:20 UTC\n');
  });

  it('is bad if the end was not moved, and says why once', async () => {
    const title = 'An environment without an end is not allowed here.';
    await on.becomes('extend', {}, { environment: 'eph-demo', state: 'failed', title });

    const { code, err } = await on.cairn.run(['env', 'end', 'demo', '--at', 'never']);

    expect(code).toBe(1);
    expect(err.split(title)).toHaveLength(2);
  });

  it('tells whoever sits there how to hear of what was only started', async () => {
    const seen = await on.cairn.run(['env', 'up', '--ref', 'x'], { errIsTerminal: true });
    const piped = await on.cairn.run(['env', 'up', '--ref', 'x']);

    expect(seen.err).toContain('cairn show 0123456789abcdef0123');
    expect(piped.err).toBe('');
  });

  it('waits for its end, and then says what is left', async () => {
    const left = { app: ['aws_eip.web'], network: null };
    const destroy = { attempt: 3, gone: [], begun: true, listed: {}, left };
    await on.becomes('destroy', { destroy, outcome: 'leaked' }, { environment: 'eph-demo', state: 'failed' });

    const { code, out } = await on.cairn.run(['env', 'down', 'demo', '--wait']);

    expect(code).toBe(1);
    expect(out).toContain('    aws_eip.web\n  network: what is left could not be told\n');
    expect(out).toContain('cairn env down eph-demo --repository acme/shop');
  });

  it('lists what exists, leaked ones in red with what is left', async () => {
    await stands(on.host.ports, 'demo', { createdAt: new Date(Date.now() - 3 * 3_600_000).toISOString() });
    await leaked(on.host.ports, 'old');

    const { code, out } = await on.cairn.run(['env', 'list'], { outIsTerminal: true });
    const bare = await on.cairn.run(['env', 'list']);

    expect(code).toBe(0);
    expect(out).toContain('\u001b[31mleaked\u001b[0m');
    expect(out).toContain('\u001b[31m    aws_instance.web[0]\u001b[0m');
    expect(bare.out).toMatch(/^NAME +STATE +REF +OWNER +AGE +ENDS IN +OUTPUTS$/m);
    expect(bare.out).toMatch(
      /^eph-demo +ready +feature\/x #7 +alice +3 h +5 h 20 min +app\.url=https:\/\/demo\.example\.com$/m,
    );
    expect(bare.out.indexOf('eph-old')).toBeLessThan(bare.out.indexOf('eph-demo'));
    expect(bare.out).toContain('cairn env down eph-old --repository acme/shop');
  });

  it('lists as JSON, and says when there is none', async () => {
    const none = await on.cairn.run(['env', 'list']);
    await stands(on.host.ports, 'demo');

    const { out } = await on.cairn.run(['env', 'list', '--json']);

    expect(none.out).toBe('There is no ephemeral environment.\n');
    expect(JSON.parse(out)).toMatchObject({ ephemerals: [{ environment: 'eph-demo' }] });
  });

  it('never hands control characters of an output to the terminal', async () => {
    await stands(on.host.ports, 'demo', {
      outputs: { 'app.url': 'a\u001b]0;evil\u0007b' },
      ref: 'x\u001b[2J',
    });

    const { out } = await on.cairn.run(['env', 'list']);

    expect(out).not.toContain('\u001b');
  });
});
