export type { Engine, EngineOptions, Execution } from './api.ts';
export { EngineClosed, type TaskContext, type TaskHandler } from './calls.ts';
export { createEngine } from './engine.ts';
export { TaskFailed } from './failure.ts';
export {
  type LambdaFunction,
  lambdaTask,
  putEventsTask,
  sendMessageTask,
  startExecutionTask,
} from './tasks.ts';
export type { Clock } from './timers.ts';
