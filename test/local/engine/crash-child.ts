import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '../../../adapters/local/database.ts';
import { InvalidToken } from '../../../core/errors.ts';
import { type Clock, createEngine, lambdaTask, TaskFailed } from '../../../local/engine/index.ts';

/**
 * A server that runs one workflow on the database of a folder, and kills itself right after its `killAt`th
 * commit. It writes what happens into `log`, line by line: `call KEY`, `commit WHAT`, `end OUTPUT`.
 */
const [folder, killAt] = process.argv.slice(2) as [string, string];
const log = (line: string) => appendFileSync(join(folder, 'log'), `${line}\n`);
const tokenFile = join(folder, 'token');

/** Twenty times as fast as the real one, also from one process to the next. */
const epoch = Date.parse('2026-01-01T00:00:00Z');
const clock: Clock = {
  now: () => epoch + (Date.now() - epoch) * 20,
  after(milliseconds, work) {
    const timer = setTimeout(work, milliseconds / 20);
    return () => clearTimeout(timer);
  },
};

function task(name: string, more: object): object {
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    Parameters: { FunctionName: name, 'Payload.$': '$' },
    ResultSelector: { 'is.$': '$.Payload' },
    TimeoutSeconds: 600,
    ...more,
  };
}

const definition = {
  StartAt: 'Prepare',
  States: {
    Prepare: task('work', { ResultPath: '$.prepared', Next: 'Each' }),
    Each: {
      Type: 'Map',
      ItemsPath: '$.items',
      MaxConcurrency: 2,
      ItemSelector: { 'index.$': '$$.Map.Item.Index', 'item.$': '$$.Map.Item.Value' },
      ItemProcessor: { StartAt: 'Item', States: { Item: task('work', { End: true }) } },
      ResultPath: '$.each',
      Next: 'Both',
    },
    Both: {
      Type: 'Parallel',
      Branches: [
        {
          StartAt: 'Flaky',
          States: {
            Flaky: task('flaky', { Retry: [{ ErrorEquals: ['Busy'], IntervalSeconds: 1 }], End: true }),
          },
        },
        {
          StartAt: 'Ask',
          States: {
            Ask: {
              ...task('ask', { End: true }),
              Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
              Parameters: { FunctionName: 'ask', Payload: { 'token.$': '$$.Task.Token' } },
              ResultSelector: { 'answer.$': '$' },
            },
          },
        },
      ],
      ResultPath: '$.both',
      Next: 'Pause',
    },
    Pause: { Type: 'Wait', Seconds: 1, Next: 'Risky' },
    Risky: task('risky', {
      Catch: [{ ErrorEquals: ['Broken'], ResultPath: '$.error', Next: 'Mend' }],
      Next: 'Mend',
    }),
    Mend: task('work', { ResultPath: '$.mended', End: true }),
  },
};

const db = openDatabase(join(folder, 'engine.db'));
const engine = createEngine({
  db,
  clock,
  workflows: { crash: definition },
  tasks: {
    'arn:aws:states:::lambda:invoke': lambdaTask({
      async work(_, { key }) {
        log(`call ${key}`);
        return key;
      },
      async flaky(_, { key }) {
        log(`call ${key}`);
        if (key.endsWith('.1')) throw new TaskFailed('Busy', 'The first attempt is refused.');
        return key;
      },
      async ask(payload, { key, token }) {
        log(`call ${key}`);
        if ((payload as { token: string }).token !== token) throw new Error('The token is another.');
        writeFileSync(tokenFile, token);
        return null;
      },
      async risky(_, { key }) {
        log(`call ${key}`);
        throw new TaskFailed('Broken', 'It never works.');
      },
    }),
  },
  onCheckpoint(number, what) {
    log(`commit ${what}`);
    if (number === Number(killAt)) process.kill(process.pid, 'SIGKILL');
  },
  onEnd(execution) {
    log(`end ${execution.status} ${JSON.stringify(execution.output)}`);
  },
});

/** Somebody who answers after a while. */
const approver = setInterval(() => {
  try {
    if (existsSync(tokenFile)) engine.succeed(readFileSync(tokenFile, 'utf8'), 'yes');
  } catch (error) {
    if (!(error instanceof InvalidToken)) throw error;
  }
}, 15);

engine.resume();
engine.start('crash', 'run', { items: ['a', 'b', 'c'] });
const watch = setInterval(async () => {
  if (engine.describe('crash', 'run')?.status === 'running') return;
  clearInterval(watch);
  clearInterval(approver);
  await engine.close();
  db.close();
}, 5);
