import { z } from 'zod';
import type { StatusEvent } from '../core/reports/event.ts';

const KINDS: Record<StatusEvent['kind'], true> = {
  'run.started': true,
  'run.queued': true,
  'plan.finished': true,
  'approval.wanted': true,
  'approval.answered': true,
  'apply.started': true,
  'apply.finished': true,
  'rollback.started': true,
  'revert.opened': true,
  'freeze.waits': true,
  'environment.ready': true,
  'environment.warning': true,
  'environment.leaked': true,
  'command.finished': true,
  'drift.finished': true,
  'run.ended': true,
};

/** Detail of an event with the source `cairn.status`: what steps put there themselves. */
export const statusEvent: z.ZodType<StatusEvent> = z.object({
  id: z.string(),
  runId: z.string(),
  seq: z.number().int().positive(),
  at: z.string(),
  kind: z.custom<StatusEvent['kind']>((kind) => typeof kind === 'string' && Object.hasOwn(KINDS, kind)),
  message: z.string(),
  doc: z.string().nullable(),
  run: z.custom<StatusEvent['run']>((run) => typeof run === 'object' && run !== null),
});
