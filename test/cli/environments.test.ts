import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Run, WorkflowName } from '../../core/requests/run.ts';
import type { RunDocument } from '../../core/runs/document.ts';
import { type TestHost, testHost } from '../api/host.ts';
import { aDocument, aPass, goodDeployment, progress, putDocument, waitingDeploy } from '../api/story.ts';
import { aRunOf, COUNTS, drifted, frozen, leaked, ranCommand, stands } from '../api/story-commands.ts';
import { listen, type Program, program } from './program.ts';

let host: TestHost;
let server: Awaited<ReturnType<typeof listen>>;
let cairn: Program;
beforeEach(async () => {
  host = testHost();
  server = await listen(host);
  cairn = await program(server.url);
});
afterEach(async () => {
  await cairn.close();
  await server.close();
});

/** What is asked for becomes this run, which has ended already. */
async function becomes(
  workflow: WorkflowName,
  parts: Partial<RunDocument>,
  more: Partial<Run> = {},
): Promise<void> {
  const id = await aRunOf(host.ports, workflow, parts, more);
  answers({ started: [id] });
}

function answers(answer: Record<string, unknown>): void {
  host.request = async (request) => {
    host.asked.push(request);
    return answer;
  };
}

const EPHEMERAL = {
  ref: 'feature/x',
  owner: 'alice',
  email: null,
  endsAt: '2026-01-01T05:20:00.000Z',
  outputs: { 'app.url': 'https://demo.example.com' },
  existed: false,
  destroyedBy: null,
};

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
    [['extend', 'demo', '4h'], { command: 'extend', environment: 'eph-demo', ttl: '4h' }],
    [['extend', 'eph-demo', '4h'], { command: 'extend', environment: 'eph-demo', ttl: '4h' }],
    [['end', 'demo', '--at', 'never'], { command: 'extend', environment: 'eph-demo', at: 'never' }],
    [['down', 'demo'], { command: 'destroy', environment: 'eph-demo', reason: 'asked' }],
  ])('%j asks for that', async (args, request) => {
    const { code, out } = await cairn.run(['env', ...args]);

    expect(code).toBe(0);
    expect(out).toContain('http://cairn.test/runs/0123456789abcdef0123');
    expect(host.asked).toMatchObject([{ ...request, repository: 'acme/shop' }]);
    expect(host.asked[0]).not.toHaveProperty('confirm');
  });

  it.each([
    [['up'], '--ref'],
    [['up', '--pull', 'x'], 'number'],
    [['extend', 'demo'], 'time'],
    [['end', 'demo'], '--at'],
    [['down'], 'name'],
  ])('%j is a mistake, and says so', async (args, part) => {
    const { code, err } = await cairn.run(['env', ...args]);

    expect(code).toBe(2);
    expect(err).toContain(part);
    expect(host.asked).toEqual([]);
  });

  it('waits, and then says where it is and when it ends', async () => {
    await becomes('ephemeral', { ephemeral: EPHEMERAL, outcome: 'ready' }, { environment: 'eph-demo' });

    const { code, out, err } = await cairn.run(['env', 'up', '--ref', 'feature/x', '--wait']);

    expect(code).toBe(0);
    expect(err).toContain('succeeded: Done');
    expect(out).toContain('eph-demo\napp.url: https://demo.example.com\nends: 2026-01-01 05:20 UTC\n');
  });

  it('waits for its end, and then says what is left', async () => {
    const left = { app: ['aws_eip.web'], network: null };
    const destroy = { attempt: 3, gone: [], begun: true, listed: {}, left };
    await becomes('destroy', { destroy, outcome: 'leaked' }, { environment: 'eph-demo', state: 'failed' });

    const { code, out } = await cairn.run(['env', 'down', 'demo', '--wait']);

    expect(code).toBe(1);
    expect(out).toContain('    aws_eip.web\n  network: what is left could not be told\n');
    expect(out).toContain('cairn env down eph-demo --repository acme/shop');
  });

  it('lists what exists, leaked ones in red with what is left', async () => {
    await stands(host.ports, 'demo', { createdAt: new Date(Date.now() - 3 * 3_600_000).toISOString() });
    await leaked(host.ports, 'old');

    const { code, out } = await cairn.run(['env', 'list'], { outIsTerminal: true });
    const bare = await cairn.run(['env', 'list']);

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
    const none = await cairn.run(['env', 'list']);
    await stands(host.ports, 'demo');

    const { out } = await cairn.run(['env', 'list', '--json']);

    expect(none.out).toBe('There is no ephemeral environment.\n');
    expect(JSON.parse(out)).toMatchObject({ ephemerals: [{ environment: 'eph-demo' }] });
  });

  it('never hands control characters of an output to the terminal', async () => {
    await stands(host.ports, 'demo', { outputs: { 'app.url': 'a\u001b]0;evil\u0007b' }, ref: 'x\u001b[2J' });

    const { out } = await cairn.run(['env', 'list']);

    expect(out).not.toContain('\u001b');
  });
});

describe('cairn run', () => {
  const ARGS = ['run', '-e', 'prod', '-p', 'app', '--', 'state', 'show', '-no-color', 'a.b["x y"]'];

  it('prints what terraform printed, and nothing else, on standard output', async () => {
    const id = await ranCommand(host.ports, 'aws_instance.web[0]\naws_eip.web\n', { cut: true });
    answers({ started: [id] });

    const { code, out, err } = await cairn.run(ARGS);

    expect(code).toBe(0);
    expect(out).toBe('aws_instance.web[0]\naws_eip.web\n');
    expect(err).toContain(`Started run ${id}`);
    expect(host.asked).toMatchObject([
      {
        command: 'run',
        environment: 'prod',
        project: 'app',
        args: ['state', 'show', '-no-color', 'a.b["x y"]'],
      },
    ]);
  });

  it('prints all of a long output, not what was cut for people', async () => {
    const text = `${'é'.repeat(400_000)}\n`;
    answers({ started: [await ranCommand(host.ports, text, { cut: true })] });

    const { out } = await cairn.run(ARGS);

    expect(out.length).toBe(text.length);
    expect(out).toBe(text);
  });

  it('is bad if the command is, and prints all the same', async () => {
    answers({ started: [await ranCommand(host.ports, 'No state file was found!\n', { ok: false })] });

    const { code, out } = await cairn.run(ARGS);

    expect(code).toBe(1);
    expect(out).toBe('No state file was found!\n');
  });

  it('says which deployment a replacement became', async () => {
    const output = { text: 'It became a deployment: http://cairn.test/runs/d\n', cut: false };
    const terraform = { project: 'app', args: ['apply'], writes: false, job: null, output, exitOk: true };
    await becomes('run', { outcome: 'ran', terraform: { ...terraform, deploy: 'd' } });

    const { code, out } = await cairn.run(ARGS);

    expect(code).toBe(0);
    expect(out).toBe(output.text);
  });

  it('is bad if the run is, whatever the command was', async () => {
    await becomes('run', { outcome: 'failed' }, { state: 'failed', title: 'not allowed' });

    const { code, out, err } = await cairn.run(ARGS);

    expect(code).toBe(1);
    expect(out).toBe('');
    expect(err).toContain('not allowed');
  });

  it('says by its exit code that a rule turned it away: nothing went wrong', async () => {
    await becomes('run', { outcome: 'refused' }, { state: 'refused', title: 'prod is frozen by alice' });

    const { code, err } = await cairn.run(ARGS);

    expect(code).toBe(3);
    expect(err).toContain('refused: prod is frozen by alice');
  });

  it('answers JSON, with what it printed', async () => {
    const id = await ranCommand(host.ports, '{}\n');
    answers({ started: [id] });

    const { code, out } = await cairn.run([...ARGS.slice(0, 5), '--json', ...ARGS.slice(5)]);

    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      started: [id],
      run: { id },
      terraform: { output: '{}\n', ok: true },
    });
  });

  it('does not wait if told so', async () => {
    answers({ started: ['0123456789abcdef0123'] });

    const { code, out, err } = await cairn.run(['run', '--no-wait', ...ARGS.slice(1)]);

    expect(code).toBe(0);
    expect(out).toBe('');
    expect(err).toContain('Started run 0123456789abcdef0123');
  });

  it.each([
    [['run', '-p', 'app', '--', 'output'], '--environment'],
    [['run', '-e', 'prod', '--', 'output'], '--project'],
    [['run', '-e', 'prod', '-p', 'app'], 'words'],
    [['run', '-e', 'prod', '-p', 'app', 'output', '-json'], '-j'],
  ])('%j is a mistake', async (args, part) => {
    const { code, err } = await cairn.run(args);

    expect(code).toBe(2);
    expect(err).toContain(part);
  });
});

describe('cairn drift', () => {
  const NONE = {
    basis: '',
    reconcile: false,
    at: '2026-01-01T00:00:00.000Z',
    since: null,
    drifted: {},
    unknown: [],
    digest: null,
    known: false,
    gone: false,
    issue: null,
    notes: [],
    reconciledBy: null,
  };
  const deploy = aPass([progress('app'), progress('network', { error: '\nError: no credentials\n\nmore' })]);

  it('exits with 0 where all is in sync', async () => {
    await becomes('drift', { drift: NONE, deploy, outcome: 'in-sync' });

    const { code, out } = await cairn.run(['drift', 'prod']);

    expect(code).toBe(0);
    expect(out).toMatch(/^app +in-sync +-$/m);
    expect(host.asked).toMatchObject([{ command: 'drift', environment: 'prod' }]);
  });

  it('exits with 2 and a table where something drifted', async () => {
    const drift = {
      ...NONE,
      drifted: { app: { digest: 'a'.repeat(64), counts: COUNTS } },
      unknown: ['network'],
      issue: { number: 9, url: 'https://github.test/acme/shop/issues/9' },
    };
    await becomes('drift', { drift, deploy, outcome: 'drifted' });

    const { code, out } = await cairn.run(['drift', 'prod']);

    expect(code).toBe(2);
    expect(out).toMatch(/^PROJECT +STATE +DIFFERENCE$/m);
    expect(out).toMatch(/^app +drifted +1 to change$/m);
    expect(out).toMatch(/^network +unknown +- +Error: no credentials$/m);
    expect(out).toContain('https://github.test/acme/shop/issues/9');
  });

  it('exits with 1 where it is not known', async () => {
    await becomes('drift', { drift: { ...NONE, unknown: ['network'] }, deploy, outcome: 'in-sync' });

    expect(await cairn.run(['drift', 'prod'])).toMatchObject({ code: 1 });
  });

  it('exits with 1 where the run failed', async () => {
    await becomes('drift', { outcome: 'failed' }, { state: 'failed', title: 'no such commit' });

    expect(await cairn.run(['drift', 'prod'])).toMatchObject({ code: 1, out: '' });
  });

  it('shows what was found before, and asks for nothing', async () => {
    const { commit } = await waitingDeploy(host.ports);
    await goodDeployment(host.ports, 'prod', commit);
    const none = await cairn.run(['drift', 'prod', '--history']);
    await drifted(host.ports, 'prod');

    const { code, out } = await cairn.run(['drift', 'prod', '--history']);

    expect(none.out).toBe('Nothing was ever found to differ in prod.\n');
    expect(code).toBe(0);
    expect(out).toMatch(/^2025-12-31 21:00 +drift in app \(1 to change\) +network +dddddddddddddddddddd$/m);
    expect(host.asked).toEqual([]);
  });
});

describe('cairn destroy', () => {
  it('takes a permanent environment down once its name was typed', async () => {
    const asked: string[] = [];
    const ask = async (question: string) => {
      asked.push(question);
      return 'prod';
    };

    const { code } = await cairn.run(['destroy', 'prod'], { inIsTerminal: true, ask });

    expect(code).toBe(0);
    expect(asked).toEqual([expect.stringContaining('everything in prod of acme/shop')]);
    expect(host.asked).toMatchObject([{ command: 'destroy', environment: 'prod', confirm: 'prod' }]);
  });

  it('asks for nothing if something else was typed', async () => {
    const { code, err } = await cairn.run(['destroy', 'prod'], {
      inIsTerminal: true,
      ask: async () => 'yes',
    });

    expect(code).toBe(2);
    expect(err).toContain('"yes" is not prod');
    expect(host.asked).toEqual([]);
  });

  it('refuses where nobody can be asked, unless the flag says the name', async () => {
    const silent = await cairn.run(['destroy', 'prod']);
    const other = await cairn.run(['destroy', 'prod', '--confirm', 'staging']);
    const said = await cairn.run(['destroy', 'prod', '--confirm', 'prod']);
    const same = await cairn.run(['destroy', 'prod', '--yes-name', 'prod']);

    expect(silent).toMatchObject({ code: 2, err: expect.stringContaining('--confirm prod') });
    expect(other.code).toBe(2);
    expect([said.code, same.code]).toEqual([0, 0]);
    const asked = { command: 'destroy', environment: 'prod', confirm: 'prod' };
    expect(host.asked).toMatchObject([asked, asked]);
  });

  it('needs no name of an ephemeral one', async () => {
    await cairn.run(['destroy', 'eph-demo']);

    expect(host.asked).toMatchObject([{ command: 'destroy', environment: 'eph-demo' }]);
  });
});

describe('cairn freeze, unfreeze, --despite-freeze', () => {
  it('send what is meant, and print the answer', async () => {
    answers({ message: 'prod is frozen.' });

    const frozenNow = await cairn.run([
      'freeze',
      'prod',
      '--reason',
      'the sale',
      '--until',
      '2026-12-01T18:00Z',
    ]);
    await cairn.run(['unfreeze', 'prod']);
    await cairn.run(['deploy', 'prod', '--despite-freeze']);
    await cairn.run(['rollback', 'prod', '--despite-freeze']);

    expect(frozenNow).toMatchObject({ code: 0, out: 'prod is frozen.\n' });
    expect(host.asked).toMatchObject([
      { command: 'freeze', environment: 'prod', reason: 'the sale', until: '2026-12-01T18:00Z' },
      { command: 'unfreeze', environment: 'prod' },
      { command: 'deploy', environment: 'prod', despiteFreeze: true },
      { command: 'rollback', environment: 'prod', despiteFreeze: true },
    ]);
  });

  it('need a reason', async () => {
    expect(await cairn.run(['freeze', 'prod'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--reason'),
    });
  });
});

describe('cairn status', () => {
  it('shows what is frozen and what drifted', async () => {
    const { commit } = await waitingDeploy(host.ports);
    await goodDeployment(host.ports, 'staging', commit);
    await frozen(host.ports, 'staging');
    await drifted(host.ports, 'staging');

    const { code, out } = await cairn.run(['status']);

    expect(code).toBe(0);
    expect(out).toMatch(/^staging +ok, frozen, drifted +/m);
    expect(out).toContain('staging is frozen by bob until 2026-01-02 00:00 UTC: the sale of the year');
    expect(out).toMatch(/staging differs from what was deployed: app \(1 to change\).*issues\/9/);
    expect(out).toContain('staging: network could not be compared');
  });

  it('shows ephemeral environments, few of many', async () => {
    await waitingDeploy(host.ports);
    for (let index = 0; index < 14; index++) await stands(host.ports, `e${index + 10}`);

    const { code, out } = await cairn.run(['status']);

    expect(code).toBe(0);
    expect(out.match(/^eph-/gm)).toHaveLength(10);
    expect(out).toContain('and 4 more: cairn env list');
  });

  it('is bad, and loud, if one leaked', async () => {
    await waitingDeploy(host.ports);
    await leaked(host.ports, 'old');

    const { code, out } = await cairn.run(['status']);

    expect(code).toBe(1);
    expect(out).toContain('eph-old was not destroyed wholly. Left, running and costing:');
    expect(JSON.parse((await cairn.run(['status', '--json'])).out)).toMatchObject({
      environments: [{ name: 'prod' }, { name: 'staging' }],
      ephemerals: [{ environment: 'eph-old' }],
    });
  });
});

describe('cairn show and runs', () => {
  it('tell what only runs of one kind have', async () => {
    await ranCommand(host.ports, 'aws_instance.web[0]\naws_eip.web\n', { cut: true });
    const id = '1'.repeat(20);
    await aRunOf(host.ports, 'ephemeral', { ephemeral: EPHEMERAL }, { id, environment: 'eph-demo' });

    const command = await cairn.run(['show', '1']);
    const made = await cairn.run(['show', '2']);
    const { out } = await cairn.run(['runs']);

    expect(command.out).toContain('In app: terraform state list\naws_instance.web[0]\n');
    expect(command.out).toContain(
      'This is cut; all of it: http://cairn.test/runs/ffffffffffffffffffff/output.txt',
    );
    expect(made.out).toContain('app.url: https://demo.example.com\nends: 2026-01-01 05:20 UTC');
    expect(out).toMatch(/^2 +succeeded +make eph-demo /m);
    expect(out).toMatch(/^1 +succeeded +run prod /m);
  });

  it('list every command in the help', async () => {
    const { out } = await cairn.run(['--help']);

    for (const name of ['env', 'run', 'drift', 'freeze', 'unfreeze', 'destroy'])
      expect(out).toMatch(new RegExp(`^  ${name} `, 'm'));
    expect((await cairn.run(['env', '--help'])).out).toMatch(/up .*\n +list .*\n +extend /);
  });
});

it('a document without these parts, of a version before, is shown all the same', async () => {
  const { ephemeral, destroy, terraform, drift, frozen: _, ...before } = aDocument('a'.repeat(20), aPass([]));
  const id = await aRunOf(host.ports, 'deploy', {}, { id: 'a'.repeat(20) });
  await putDocument(host.ports, before as RunDocument);

  const { code } = await cairn.run(['show', id]);

  expect([ephemeral, destroy, terraform, drift]).toEqual([null, null, null, null]);
  expect(code).toBe(0);
});
