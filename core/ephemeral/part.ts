import type { EphemeralConfig } from '../config/types.ts';
import type { Ephemeral } from './environment.ts';

/** What the document of a run says of the ephemeral environment that it makes, changes or ends. */
export interface EphemeralPart {
  /** As it was asked for. */
  ref: string;
  owner: string | null;
  email: string | null;
  /** ISO 8601, UTC; null: never. What it is from now on. */
  endsAt: string | null;
  /** Chosen outputs, `project.output` -> text. */
  outputs: Record<string, string>;
  /** It stood before this run. */
  existed: boolean;
  /** A failed launch: the run that destroys what it left. */
  destroyedBy: string | null;
  /** Of a launch or an update: what it is made by, and what was known of it before anything was applied. */
  rules?: EphemeralConfig;
  before?: Ephemeral;
}

/** What a run that changes or ends it shows of it. */
export function partOf({ ref, owner, email, endsAt, outputs }: Ephemeral): EphemeralPart {
  return { ref, owner, email, endsAt, outputs, existed: true, destroyedBy: null };
}
