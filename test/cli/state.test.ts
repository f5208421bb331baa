import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as states from '../../local/jobs/states.ts';
import { type Program, program } from './program.ts';

let cairn: Program;
beforeEach(async () => {
  cairn = await program();
});
afterEach(() => cairn.close());

const NAMED = ['--repository', 'acme/shop', '--environment', 'prod', '--project', 'infra/app'];
const run = (...args: string[]) => cairn.run(['state', ...args], { modules: { states: async () => states } });

function state(serial: number, lineage = 'one'): string {
  return JSON.stringify({ version: 4, serial, lineage, outputs: {}, resources: [] });
}

async function file(name: string, text: string): Promise<string> {
  const target = path.join(cairn.home, name);
  await writeFile(target, text);
  return target;
}

describe('cairn state', () => {
  it('imports, lists and exports', async () => {
    const source = await file('in.tfstate', state(3));

    const imported = await run('import', source, ...NAMED);
    const listed = await run('list');
    const exported = await run('export', 'out.tfstate', ...NAMED);

    expect(imported.code).toBe(0);
    expect(listed.out).toBe('acme/shop  prod  infra/app\n');
    expect(exported.code).toBe(0);
    const target = path.join(cairn.home, 'out.tfstate');
    expect(await readFile(target, 'utf8')).toBe(state(3));
    expect((await stat(target)).mode & 0o777).toBe(0o600);
    expect((await run('export', ...NAMED)).out).toBe(state(3));
  });

  it('writes over nothing unasked', async () => {
    await run('import', await file('in.tfstate', state(3)), ...NAMED);
    await file('out.tfstate', 'precious');

    const { code } = await run('export', 'out.tfstate', ...NAMED);

    expect(code).toBe(2);
    expect(await readFile(path.join(cairn.home, 'out.tfstate'), 'utf8')).toBe('precious');
  });

  it('refuses an older state and one of something else, unless forced', async () => {
    await run('import', await file('a', state(3)), ...NAMED);

    const older = await run('import', await file('b', state(2)), ...NAMED);
    const other = await run('import', await file('c', state(9, 'two')), ...NAMED);
    const noState = await run('import', await file('d', 'hello'), ...NAMED);
    const forced = await run('import', await file('e', state(2)), ...NAMED, '--force');

    expect(older).toMatchObject({ code: 1, err: expect.stringContaining('--force') });
    expect(other).toMatchObject({ code: 1, err: expect.stringContaining('lineage') });
    expect(noState.code).toBe(2);
    expect(forced.code).toBe(0);
    expect((await run('export', ...NAMED)).out).toBe(state(2));
  });

  it.each([
    [['export'], 2],
    [['export', ...NAMED], 3],
    [['import', 'nowhere', ...NAMED], 2],
    [['export', '--repository', '../..', '--environment', 'prod', '--project', 'x'], 2],
    [['export', '--repository', 'acme/shop', '--environment', '..', '--project', 'x'], 2],
  ])('%j says what is wrong', async (args, code) => {
    const said = await run(...args);

    expect(said.code).toBe(code);
    expect(said.err).not.toContain('    at ');
  });
});
