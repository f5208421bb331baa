import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

interface ActionRun {
  code: number;
  log: string;
  outputs: Record<string, string>;
  summary: string;
}

const SCRIPT = fileURLToPath(new URL('../../.github/actions/request/main.mjs', import.meta.url));

/** Runs the action's script as a runner does: inputs and context as environment variables, files for what it says. */
export async function runAction(
  inputs: Record<string, string>,
  context: Record<string, string>,
): Promise<ActionRun> {
  const dir = await mkdtemp(path.join(tmpdir(), 'cairn-action-'));
  const [output, summary] = [path.join(dir, 'output'), path.join(dir, 'summary')];
  await Promise.all([writeFile(output, ''), writeFile(summary, '')]);
  const env = {
    PATH: process.env['PATH'],
    HOME: dir,
    RUNNER_TEMP: dir,
    GITHUB_OUTPUT: output,
    GITHUB_STEP_SUMMARY: summary,
    GITHUB_RUN_ATTEMPT: '1',
    CAIRN_STEP: 'job/ask',
    CAIRN_PAUSE: '100',
    ...context,
    ...Object.fromEntries(
      Object.entries(inputs).map(([name, value]) => [
        `CAIRN_${name.toUpperCase().replaceAll('-', '_')}`,
        value,
      ]),
    ),
  };
  try {
    const { code, log } = await new Promise<{ code: number; log: string }>((resolve) => {
      execFile(process.execPath, [SCRIPT], { env, timeout: 120_000 }, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code ?? 1) : 0, log: stdout + stderr }),
      );
    });
    const lines = (await readFile(output, 'utf8')).split('\n').filter((line) => line !== '');
    const outputs = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
    return { code, log, outputs, summary: await readFile(summary, 'utf8') };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
