import type { Ended } from '../process.ts';

/** Terraform, ready to be called in its root module. */
export interface Terraform {
  /** Absolute path of the root module. */
  root: string;
  run(args: readonly string[], onStdout?: (chunk: string) => void): Promise<Ended>;
  /** What has to be asked although the job was told to stop; a minute at most. */
  runAfter(args: readonly string[]): Promise<Ended>;
  /** Not in the project's workspace but in `default`. */
  runInDefault(args: readonly string[]): Promise<Ended>;
  /** In another root module, and in one of its workspaces. */
  runIn(folder: string, workspace: string, args: readonly string[]): Promise<Ended>;
  /**
   * The project's workspace is not there yet, and this job may not make it: terraform works with an empty state on
   * disk instead. An apply makes it.
   */
  withoutWorkspace: boolean;
}
