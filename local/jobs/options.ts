import type { Log } from '../../core/log.ts';
import type { Artifacts } from '../../core/ports.ts';

export interface LocalJobsOptions {
  dataDir: string;
  artifacts: Artifacts;
  /** Value of a secret's reference. */
  secrets(reference: string): Promise<string>;
  /** Path of the bundled executor. */
  executor: string;
  /** Jobs at the same time. */
  concurrency: number;
  /** Offered to jobs, best first. */
  binaries: { path: string; version: string }[];
  /** Folder of a provider mirror; null to load providers from their registry. */
  providerMirror: string | null;
  log: Log;
  /** Where states are kept; `<dataDir>/states` if not said. */
  states?: string;
}
