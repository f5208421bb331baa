import { z } from 'zod';
import {
  deployRequest,
  destroyRequest,
  driftRequest,
  environmentName,
  ephemeralRequest,
  extendRequest,
  planRequest,
  repositoryName,
  rollbackRequest,
  runRequest,
} from '../requests/request.ts';
import { WORKFLOWS } from '../requests/run.ts';

/** What an execution of a workflow is started with; its name is `runId`. */
export const runInput = z.object({
  runId: z.string().regex(/^[0-9a-f]{20}$/),
  workflow: z.enum(WORKFLOWS),
  repository: repositoryName,
  environment: environmentName,
  request: z.discriminatedUnion('command', [
    planRequest,
    deployRequest,
    rollbackRequest,
    ephemeralRequest,
    destroyRequest,
    extendRequest,
    runRequest,
    driftRequest,
  ]),
});
export type RunInput = z.infer<typeof runInput>;

/** Most steps: the run's newest document. */
export const documentInput = z.object({ doc: z.string() });

/** What `FetchSource` found out. */
export const sourcePart = z.object({
  /** What is planned or deployed. */
  commit: z.string(),
  /** What changes are computed from; null if there is nothing yet. */
  base: z.string().nullable(),
});
export type SourcePart = z.infer<typeof sourcePart>;

/** An ASL error, as `Catch` puts it into the state. */
export const caughtError = z.object({ Error: z.string(), Cause: z.string().optional() });
