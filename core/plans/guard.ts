import { identity, kindOf } from './actions.ts';
import type { Changes, ResourceChange } from './plan.ts';
import { HIDDEN_IN_NAME } from './redact.ts';

export interface Guards {
  /** Most objects that one plan may destroy, replacements included; null: any number. */
  maxDestroy: number | null;
  /** Address patterns; `*` stands for any characters. What matches may not be destroyed, replaced or forgotten. */
  protected: string[];
}

const VERB = { delete: 'destroyed', replace: 'replaced', forget: 'forgotten' } as const;

/** What a plan may not do, as sentences that say how to allow it. Any of them stops a deploy. */
export function guard(changes: Changes, guards: Guards): { violations: string[] } {
  const violations = changes.resources.flatMap((resource) => protectedBy(resource, guards.protected));
  const destroyed = changes.resources.filter((resource) => resource.change.actions.includes('delete')).length;
  if (guards.maxDestroy !== null && destroyed > guards.maxDestroy) {
    violations.unshift(
      `The plan destroys ${destroyed} ${destroyed === 1 ? 'object' : 'objects'}, replacements included; ` +
        `guards.max_destroy in cairn.yaml allows ${guards.maxDestroy}. If this is meant, raise it in a change of its own and deploy that first.`,
    );
  }
  return { violations };
}

function protectedBy(resource: ResourceChange, patterns: string[]): string[] {
  const kind = kindOf(resource.change);
  if (kind !== 'delete' && kind !== 'replace' && kind !== 'forget') return [];
  // A move must not carry an object out of the protection it had.
  const addresses = [resource.address, resource.previous_address].filter((a) => a !== undefined);
  const pattern = patterns.find((p) => addresses.some((address) => matchesAddress(p, address)));
  if (pattern === undefined) return [];
  return [
    `${identity(resource)} would be ${VERB[kind]}, and guards.protected in cairn.yaml (\`${pattern}\`) forbids that. ` +
      'If this is meant, take the pattern out in a change of its own and deploy that first.',
  ];
}

/** Stands for what is hidden in an address: no name has it. */
const ANYTHING = '\0';

/**
 * Like `terraform -target`, a pattern for a module or a whole resource matches everything in it:
 * `module.db` matches `module.db.aws_db_instance.main[0]`. A key that is hidden may be any.
 */
export function matchesAddress(pattern: string, address: string): boolean {
  const shown = address.replace(HIDDEN_IN_NAME, ANYTHING);
  return [pattern, `${pattern}.*`, `${pattern}[*`].some((p) => canMatch(p, shown));
}

/** Whether what the address may be matches the pattern, whose `*` is any run of characters. */
function canMatch(pattern: string, address: string): boolean {
  /** Pairs of places that what is before them can lead to, each once. */
  const reached: [number, number][] = [[0, 0]];
  const seen = new Set<number>();
  for (const [p, a] of reached) {
    if (p === pattern.length && a === address.length) return true;
    const pair = p * (address.length + 1) + a;
    if (p > pattern.length || a > address.length || seen.has(pair)) continue;
    seen.add(pair);
    if (pattern[p] === '*' || address[a] === ANYTHING) reached.push([p + 1, a], [p, a + 1]);
    else if (pattern[p] === address[a]) reached.push([p + 1, a + 1]);
  }
  return false;
}
