import { describe, expect, it } from 'vitest';
import { talk } from './talk.ts';

const on = talk();

describe('cairn destroy', () => {
  it('takes a permanent environment down once its name was typed', async () => {
    const asked: string[] = [];
    const ask = async (question: string) => {
      asked.push(question);
      return 'prod';
    };

    const { code } = await on.cairn.run(['destroy', 'prod'], { inIsTerminal: true, ask });

    expect(code).toBe(0);
    expect(asked).toEqual([expect.stringContaining('everything in prod of acme/shop')]);
    expect(on.host.asked).toMatchObject([{ command: 'destroy', environment: 'prod', confirm: 'prod' }]);
  });

  it('asks for nothing if something else was typed', async () => {
    const { code, err } = await on.cairn.run(['destroy', 'prod'], {
      inIsTerminal: true,
      ask: async () => 'yes',
    });

    expect(code).toBe(2);
    expect(err).toContain('"yes" is not prod');
    expect(on.host.asked).toEqual([]);
  });

  it('refuses where nobody can be asked, unless the flag says the name', async () => {
    const silent = await on.cairn.run(['destroy', 'prod']);
    const other = await on.cairn.run(['destroy', 'prod', '--confirm', 'staging']);
    const said = await on.cairn.run(['destroy', 'prod', '--confirm', 'prod']);
    const same = await on.cairn.run(['destroy', 'prod', '--yes-name', 'prod']);

    expect(silent).toMatchObject({ code: 2, err: expect.stringContaining('--confirm prod') });
    expect(other.code).toBe(2);
    expect([said.code, same.code]).toEqual([0, 0]);
    const asked = { command: 'destroy', environment: 'prod', confirm: 'prod' };
    expect(on.host.asked).toMatchObject([asked, asked]);
  });

  it('needs no name of an ephemeral one', async () => {
    await on.cairn.run(['destroy', 'eph-demo']);

    expect(on.host.asked).toMatchObject([{ command: 'destroy', environment: 'eph-demo' }]);
  });
});

describe('cairn freeze, unfreeze, --despite-freeze', () => {
  it('send what is meant, and print the answer', async () => {
    on.answers({ message: 'prod is frozen.' });

    const frozenNow = await on.cairn.run([
      'freeze',
      'prod',
      '--reason',
      'the sale',
      '--until',
      '2026-12-01T18:00Z',
    ]);
    await on.cairn.run(['unfreeze', 'prod']);
    await on.cairn.run(['deploy', 'prod', '--despite-freeze']);
    await on.cairn.run(['rollback', 'prod', '--despite-freeze']);

    expect(frozenNow).toMatchObject({ code: 0, out: 'prod is frozen.\n' });
    expect(on.host.asked).toMatchObject([
      { command: 'freeze', environment: 'prod', reason: 'the sale', until: '2026-12-01T18:00Z' },
      { command: 'unfreeze', environment: 'prod' },
      { command: 'deploy', environment: 'prod', despiteFreeze: true },
      { command: 'rollback', environment: 'prod', despiteFreeze: true },
    ]);
  });

  it('need a reason', async () => {
    expect(await on.cairn.run(['freeze', 'prod'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--reason'),
    });
  });
});
