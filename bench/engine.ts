import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openDatabase } from '../adapters/local/database.ts';
import { createEngine, type Execution, lambdaTask } from '../local/engine/index.ts';
import { median } from './median.ts';
import type { Row } from './row.ts';

const ROUNDS = 5;
const PARKED = 1000;
/** What a run carries when it waits for an approval: the request and some references. */
const INPUT = { request: { command: 'apply', text: 'x'.repeat(1000) } };

/** Ten-step durable runs against what the disk allows, and what 1,000 parked runs cost. */
export async function benchEngine(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'cairn-bench-'));
  try {
    return [await speed(folder), ...parked(folder)];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function speed(folder: string): Promise<Row> {
  const commits: number[] = [];
  const runs: number[] = [];
  let commitsOfARun = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    commits.push(singleRowCommits(join(folder, `commits-${round}.db`)));
    const result = await tenStepRuns(join(folder, `runs-${round}.db`));
    runs.push(result.perSecond);
    commitsOfARun = result.commitsOfARun;
  }
  const allowed = median(commits) / commitsOfARun;
  const ratio = median(runs) / allowed;
  return {
    name: 'engine: ten-step durable runs, one after the other',
    measured: `${median(runs).toFixed(0)} runs/s of ${commitsOfARun} commits`,
    reference: `${median(commits).toFixed(0)} single-row commits/s, so ${allowed.toFixed(0)} runs/s`,
    ratio,
    target: 'at least 1/3',
    ok: ratio >= 1 / 3,
  };
}

function singleRowCommits(file: string): number {
  const db = openDatabase(file);
  db.exec('CREATE TABLE rows (id INTEGER PRIMARY KEY, text TEXT)');
  const insert = db.prepare('INSERT INTO rows (text) VALUES (?)');
  const count = 1000;
  const before = performance.now();
  for (let i = 0; i < count; i += 1) insert.run('x'.repeat(200));
  const seconds = (performance.now() - before) / 1000;
  db.close();
  return count / seconds;
}

async function tenStepRuns(file: string): Promise<{ perSecond: number; commitsOfARun: number }> {
  const db = openDatabase(file);
  const names = Array.from({ length: 10 }, (_, i) => `Step${i}`);
  const States = Object.fromEntries(
    names.map((name, i) => [
      name,
      {
        Type: 'Task',
        Resource: 'arn:aws:states:::lambda:invoke',
        Parameters: { FunctionName: 'step', 'Payload.$': '$.last' },
        ResultSelector: { 'is.$': '$.Payload' },
        ResultPath: '$.last',
        TimeoutSeconds: 60,
        ...(i === 9 ? { End: true } : { Next: names[i + 1] }),
      },
    ]),
  );
  let checkpoints = 0;
  let tell: (execution: Execution) => void = () => {};
  const engine = createEngine({
    db,
    workflows: { ten: { StartAt: 'Step0', States } },
    tasks: { 'arn:aws:states:::lambda:invoke': lambdaTask({ step: async () => ({ done: true }) }) },
    onCheckpoint: (number) => {
      checkpoints = number;
    },
    onEnd: (execution) => tell(execution),
  });
  engine.resume();
  const count = 100;
  const before = performance.now();
  for (let i = 0; i < count; i += 1) {
    const ended = new Promise<Execution>((resolve) => {
      tell = resolve;
    });
    engine.start('ten', `run-${i}`, { ...INPUT, last: {} });
    const { status } = await ended;
    if (status !== 'succeeded') throw new Error(`A benchmark run ended as ${status}.`);
  }
  const seconds = (performance.now() - before) / 1000;
  await engine.close();
  db.close();
  return { perSecond: count / seconds, commitsOfARun: Math.round(checkpoints / count) };
}

interface Parked {
  memory: number;
  milliseconds: number;
}

/** In processes of their own, so that memory is that of the parked runs alone. */
function parked(folder: string): Row[] {
  const bytes: number[] = [];
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const file = join(folder, `parked-${round}.db`);
    const first = inProcess('park', file);
    bytes.push((statSync(file).size + Math.max(0, first.memory)) / PARKED / 1024);
    times.push(inProcess('resume', file).milliseconds);
  }
  const [kib, ms] = [median(bytes), median(times)];
  return [
    {
      name: 'engine: 1,000 runs that wait on a token, database and memory',
      measured: `${kib.toFixed(1)} KiB each`,
      reference: '15 KiB each',
      ratio: kib / 15,
      target: 'at most 15 KiB each',
      ok: kib <= 15,
    },
    {
      name: 'engine: 1,000 parked runs resumed after a restart',
      measured: `${ms.toFixed(0)} ms`,
      reference: '1,000 ms',
      ratio: ms / 1000,
      target: 'within a second',
      ok: ms <= 1000,
    },
  ];
}

function inProcess(what: 'park' | 'resume', file: string): Parked {
  const script = fileURLToPath(new URL('./engine-parked.ts', import.meta.url));
  const args = ['--expose-gc', '--import', 'tsx', script, what, file, String(PARKED)];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Parked;
}
