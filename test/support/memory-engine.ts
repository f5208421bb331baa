import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openDatabase } from '../../adapters/local/database.ts';
import type { Workflows } from '../../core/ports.ts';
import {
  createEngine,
  type Engine,
  lambdaTask,
  TaskFailed,
  type TaskHandler,
} from '../../local/engine/index.ts';
import { loadWorkflows, workflowsOf } from '../../local/workflows.ts';

/** What a world has its engine call. */
export interface WorldWork {
  /** By name, as the table of steps has them. */
  steps: Record<string, (payload: unknown) => Promise<Record<string, unknown>>>;
  /** Runs the job of this artifact prefix; whether it went well. */
  job(prefix: string): Promise<boolean>;
}

export interface WorldEngine {
  workflows: Workflows;
  /** Between two looks at whether it is done, in ms. */
  pause: number;
  close(): Promise<void>;
}

export type OpenEngine = (work: WorldWork) => WorldEngine;

/** The workflows on the engine of one machine, with its history in reach. */
export function localEngine({ steps, job }: WorldWork): WorldEngine & { engine: Engine } {
  const dir = mkdtempSync(path.join(tmpdir(), 'cairn-world-'));
  const runJob: TaskHandler = async (parameters) => {
    const text = JSON.stringify(parameters);
    const prefix = /"CAIRN_JOB"[^}]*"Value":"([^"]+)"/.exec(text)?.[1] ?? '';
    if (!(await job(prefix))) throw new TaskFailed('States.TaskFailed', '{}');
    return { Status: 'SUCCEEDED' };
  };
  const db = openDatabase(path.join(dir, 'engine.db'));
  const engine = createEngine({
    db,
    workflows: loadWorkflows(),
    tasks: {
      'arn:aws:states:::lambda:invoke': lambdaTask(steps),
      'arn:aws:states:::batch:submitJob.sync': runJob,
      'arn:aws:states:::codebuild:startBuild.sync': runJob,
    },
  });
  engine.resume();
  return {
    engine,
    workflows: workflowsOf(engine),
    pause: 10,
    async close() {
      await engine.close();
      db.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
