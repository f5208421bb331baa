import { createHash } from 'node:crypto';
import type { Rule } from './choice.ts';

export interface Machine {
  StartAt: string;
  States: Record<string, State>;
}

export interface State {
  Type: 'Task' | 'Choice' | 'Parallel' | 'Map' | 'Wait' | 'Pass' | 'Succeed' | 'Fail';
  Next?: string;
  End?: true;
  InputPath?: string | null;
  OutputPath?: string | null;
  Parameters?: unknown;
  ResultSelector?: unknown;
  ResultPath?: string | null;
  Retry?: Retrier[];
  Catch?: Catcher[];
  // Task
  Resource?: string;
  TimeoutSeconds?: number;
  TimeoutSecondsPath?: string;
  HeartbeatSeconds?: number;
  HeartbeatSecondsPath?: string;
  // Choice
  Choices?: Rule[];
  Default?: string;
  // Parallel, Map
  Branches?: Machine[];
  ItemProcessor?: Machine;
  ItemsPath?: string;
  ItemSelector?: unknown;
  MaxConcurrency?: number;
  // Wait
  Seconds?: number;
  SecondsPath?: string;
  Timestamp?: string;
  TimestampPath?: string;
  // Pass
  Result?: unknown;
  // Fail
  Error?: string;
  ErrorPath?: string;
  Cause?: string;
  CausePath?: string;
}

export interface Retrier {
  ErrorEquals: string[];
  IntervalSeconds?: number;
  MaxAttempts?: number;
  BackoffRate?: number;
  MaxDelaySeconds?: number;
  JitterStrategy?: 'FULL' | 'NONE';
}

export interface Catcher {
  ErrorEquals: string[];
  Next: string;
  ResultPath?: string | null;
}

/** Definitions are stored by this, so that a running execution keeps the one it began with. */
export function definitionHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/** The machine inside a Parallel or Map state that its branch or item `index` runs. */
export function innerMachine(outer: State, index: number): Machine {
  return outer.Type === 'Map' ? outer.ItemProcessor! : outer.Branches![index]!;
}

/** Each state with a machine inside of it gives those machines. */
export function innerMachines(outer: State): Machine[] {
  return [...(outer.Branches ?? []), ...(outer.ItemProcessor === undefined ? [] : [outer.ItemProcessor])];
}

/** Every Resource that its tasks name. */
export function resources(machine: Machine): string[] {
  return Object.values(machine.States).flatMap((state) => [
    ...(state.Resource === undefined ? [] : [state.Resource]),
    ...innerMachines(state).flatMap(resources),
  ]);
}

export function targets(from: State): string[] {
  const choices = (from.Choices ?? []).map((each) => each['Next']);
  const catchers = (from.Catch ?? []).map((each) => each.Next);
  return [from.Next, from.Default, ...choices, ...catchers].filter((name) => typeof name === 'string');
}
