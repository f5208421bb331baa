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

/**
 * Like `terraform -target`, a pattern for a module or a whole resource matches everything in it:
 * `module.db` matches `module.db.aws_db_instance.main[0]`. A key that is hidden may be any.
 */
export function matchesAddress(pattern: string, address: string): boolean {
  const patterns = [pattern, `${pattern}.*`, `${pattern}[*`];
  const shown = address.replace(HIDDEN_IN_NAME, '*');
  return patterns.some((p) => (shown === address ? matchesGlob(p, address) : meet(p, shown)));
}

/** Whether there is a text that matches both. */
function meet(a: string, b: string): boolean {
  /** Pairs of places: what is before them can be the same text. */
  const reached: [number, number][] = [[0, 0]];
  const seen = new Set<number>();
  for (const [i, j] of reached) {
    if (i === a.length && j === b.length) return true;
    const pair = i * (b.length + 1) + j;
    if (i > a.length || j > b.length || seen.has(pair)) continue;
    seen.add(pair);
    const star = a[i] === '*' || b[j] === '*';
    if (star) reached.push([i + 1, j], [i, j + 1]);
    else if (a[i] === b[j]) reached.push([i + 1, j + 1]);
  }
  return false;
}

/** `*` matches any run of characters. Linear in practice: only the last `*` is ever tried again. */
function matchesGlob(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p++;
      resume = t;
    } else if (pattern[p] === text[t]) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
