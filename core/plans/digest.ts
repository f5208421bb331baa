import { createHash } from 'node:crypto';
import { identity, kindOf } from './actions.ts';
import { canonical } from './canonical.ts';
import type { Change, Changes } from './plan.ts';

/**
 * What a plan will do, as 64 hex digits: the same for two plans that do the same, whatever their order and
 * time. Sensitive values take part through their hash, so a digest compares plans of one run only. What
 * drifted is not part of it: drift that matters shows in the changes themselves.
 */
export function planDigest(changes: Changes): string {
  const resources = changes.resources
    .map((resource) => [
      identity(resource),
      {
        mode: resource.mode,
        type: resource.type,
        provider: resource.provider_name,
        from: resource.previous_address,
        ...effectOf(resource.change),
      },
    ])
    .sort(byName);
  const outputs = Object.entries(changes.outputs)
    .filter(([, change]) => kindOf(change) !== 'none')
    .map(([name, change]) => [name, effectOf(change)])
    .sort(byName);
  return sha256(canonical({ version: 1, resources, outputs }));
}

function effectOf(change: Change): Record<string, unknown> {
  return {
    actions: change.actions,
    before: change.before,
    after: change.after,
    unknown: change.after_unknown,
    hiddenBefore: change.before_sensitive,
    hiddenAfter: change.after_sensitive,
    replacePaths: change.replace_paths,
    importing: change.importing,
    generated: change.generated_config,
  };
}

/** What an approval binds to. `config` is the digest of the configuration, `policy` what is in force. */
interface Approved {
  commit: string;
  plans: { project: string; digest: string }[];
  config: string;
  policy: unknown;
}

/** 64 hex digits; people see and type the first seven. */
export function approvalDigest({ commit, plans, config, policy }: Approved): string {
  const sorted = plans.map(({ project, digest }) => [project, digest]).sort(byName);
  return sha256(canonical({ version: 1, commit, plans: sorted, config, policy }));
}

function byName([a]: unknown[], [b]: unknown[]): number {
  // Not localeCompare: the order must not depend on the machine.
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
