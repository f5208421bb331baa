import type { Ports } from '../ports.ts';
import type { RunDocument } from '../runs/document.ts';
import type { DeployReport } from './deploy-report.ts';
import type { StatusEvent } from './event.ts';
import { deployReport } from './from-run.ts';

/** What people see of an ephemeral environment: how its newest run goes, and what stands. Plain data. */
export interface EphemeralReport {
  run: DeployReport;
  environment: string;
  pull: RunDocument['pull'];
  /** As it was asked for. */
  ref: string;
  owner: string | null;
  /** Null: never. ISO 8601, UTC. */
  endsAt: string | null;
  /** When this was said: what a time that is left is counted from. */
  at: Date;
  /** `project.output` -> text. */
  outputs: Record<string, string>;
  /** It stands: after this run, or as it was before it. */
  stands: boolean;
  /** This run is over, and changed nothing about it. */
  asBefore: boolean;
  /** Where one can see what it left being destroyed. */
  destroyUrl: string | null;
}

/** Null for a run that has nothing to do with one. */
export async function ephemeralReport(
  doc: RunDocument,
  event: Pick<StatusEvent, 'at'>,
  ports: Pick<Ports, 'artifacts' | 'links'>,
): Promise<EphemeralReport | null> {
  const { ephemeral } = doc;
  if (!ephemeral) return null;
  const run = await deployReport(doc, doc.pull, ports);
  const { ref, owner, endsAt, outputs, existed, destroyedBy, before } = ephemeral;
  const isOver = doc.outcome !== null && run.state !== 'ready';
  const stood = existed && destroyedBy === null && before?.state === 'ready';
  return {
    run,
    environment: doc.environment,
    pull: doc.pull,
    ref,
    owner,
    endsAt,
    at: new Date(event.at),
    outputs,
    stands: run.state === 'ready' || stood,
    asBefore: isOver && stood,
    destroyUrl: destroyedBy === null ? null : ports.links.run(destroyedBy),
  };
}

/** The address that a click should lead to: the first output that is one. */
export function addressOf(outputs: Record<string, string>): string | null {
  return Object.values(outputs).find(isAddress) ?? null;
}

export function isAddress(text: string): boolean {
  return /^https?:\/\/\S+$/.test(text) && URL.canParse(text);
}
