import { openDatabase } from '../adapters/local/database.ts';
import { createEngine, lambdaTask } from '../local/engine/index.ts';

/** Parks runs on a token, or takes up those that a former process parked; prints what that took as JSON. */
const [what, file, count] = process.argv.slice(2) as [string, string, string];
const definition = {
  StartAt: 'Wait',
  States: {
    Wait: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Parameters: { FunctionName: 'park', Payload: { 'token.$': '$$.Task.Token' } },
      ResultPath: '$.answer',
      TimeoutSeconds: 86_400,
      End: true,
    },
  },
};
const input = { request: { command: 'apply', text: 'x'.repeat(1000) } };
const begun = performance.now();
const db = openDatabase(file);
const engine = createEngine({
  db,
  workflows: { parked: definition },
  tasks: { 'arn:aws:states:::lambda:invoke': lambdaTask({ park: async () => ({}) }) },
});
engine.resume();
if (what === 'park') {
  // Once through all code first, so that what is compiled then is not counted.
  for (let i = 0; i < 20; i += 1) engine.start('parked', `warm-${i}`, input);
  await allParked(20);
  const before = await memory();
  for (let i = 0; i < Number(count); i += 1) engine.start('parked', `run-${i}`, input);
  await allParked(20 + Number(count));
  console.log(JSON.stringify({ memory: (await memory()) - before, milliseconds: 0 }));
} else {
  // Resumed means: each is known, and a token can be answered.
  const known = engine.list({ status: 'running', limit: 10_000 }).length;
  const { token } = db.prepare('SELECT token FROM engine_frames LIMIT 1').get<{ token: string }>()!;
  engine.succeed(token, {});
  if (known < Number(count)) throw new Error(`Only ${known} runs are there.`);
  console.log(JSON.stringify({ memory: 0, milliseconds: performance.now() - begun }));
}
await engine.close();
db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all();
db.close();

async function memory(): Promise<number> {
  for (let i = 0; i < 3; i += 1) {
    (globalThis as { gc?: () => void }).gc?.();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function allParked(wanted: number): Promise<void> {
  const counted = db.prepare(`SELECT count(*) AS n FROM engine_frames WHERE status = 'parked'`);
  while (counted.get<{ n: number }>()!.n < wanted) await new Promise((resolve) => setTimeout(resolve, 5));
}
