import { describe, expect, it } from 'vitest';
import { ranCommand } from '../api/story-commands.ts';
import { talk } from './talk.ts';

const on = talk();

describe('cairn run', () => {
  const ARGS = ['run', '-e', 'prod', '-p', 'app', '--', 'state', 'show', '-no-color', 'a.b["x y"]'];

  it('prints what terraform printed, and nothing else, on standard output', async () => {
    const id = await ranCommand(on.host.ports, 'aws_instance.web[0]\naws_eip.web\n', { cut: true });
    on.answers({ started: [id] });

    const { code, out, err } = await on.cairn.run(ARGS);

    expect(code).toBe(0);
    expect(out).toBe('aws_instance.web[0]\naws_eip.web\n');
    expect(err).toContain(`Started run ${id}`);
    expect(on.host.asked).toMatchObject([
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
    on.answers({ started: [await ranCommand(on.host.ports, text, { cut: true })] });

    const { out } = await on.cairn.run(ARGS);

    expect(out.length).toBe(text.length);
    expect(out).toBe(text);
  });

  it('is bad if the command is, and prints all the same', async () => {
    on.answers({ started: [await ranCommand(on.host.ports, 'No state file was found!\n', { ok: false })] });

    const { code, out } = await on.cairn.run(ARGS);

    expect(code).toBe(1);
    expect(out).toBe('No state file was found!\n');
  });

  it('says which deployment a replacement became', async () => {
    const output = { text: 'It became a deployment: http://cairn.test/runs/d\n', cut: false };
    const terraform = { project: 'app', args: ['apply'], writes: false, job: null, output, exitOk: true };
    await on.becomes('run', { outcome: 'ran', terraform: { ...terraform, deploy: 'd' } });

    const { code, out } = await on.cairn.run(ARGS);

    expect(code).toBe(0);
    expect(out).toBe(output.text);
  });

  it('is bad if the run is, whatever the command was', async () => {
    await on.becomes('run', { outcome: 'failed' }, { state: 'failed', title: 'not allowed' });

    const { code, out, err } = await on.cairn.run(ARGS);

    expect(code).toBe(1);
    expect(out).toBe('');
    expect(err).toContain('not allowed');
  });

  it('says by its exit code that a rule turned it away: nothing went wrong', async () => {
    await on.becomes('run', { outcome: 'refused' }, { state: 'refused', title: 'prod is frozen by alice' });

    const { code, err } = await on.cairn.run(ARGS);

    expect(code).toBe(3);
    expect(err).toContain('refused: prod is frozen by alice');
  });

  it('answers JSON, with what it printed', async () => {
    const id = await ranCommand(on.host.ports, '{}\n');
    on.answers({ started: [id] });

    const { code, out } = await on.cairn.run([...ARGS.slice(0, 5), '--json', ...ARGS.slice(5)]);

    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      started: [id],
      run: { id },
      terraform: { output: '{}\n', ok: true },
    });
  });

  it('does not wait if told so', async () => {
    on.answers({ started: ['0123456789abcdef0123'] });

    const { code, out, err } = await on.cairn.run(['run', '--no-wait', ...ARGS.slice(1)]);

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
    const { code, err } = await on.cairn.run(args);

    expect(code).toBe(2);
    expect(err).toContain(part);
  });
});
