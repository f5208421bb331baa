/** Terraform's version constraints: `>= 1.5, < 2.0`, `~> 1.5.3`, `!= 1.6.0`, `1.7.1`. */
const PART = /^(=|!=|>=|<=|>|<|~>)?\s*v?(\d+(?:\.\d+)*)(-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/;

/** Null if the constraint cannot be read. A prerelease fits only where it is named exactly, as in terraform. */
export function satisfies(version: string, constraint: string): boolean | null {
  const offered = parse(version);
  if (!offered) return null;
  for (const part of constraint.split(',')) {
    const match = PART.exec(part.trim());
    if (!match) return null;
    const [, operator = '=', numbers = '', prerelease = ''] = match;
    if (!fits(offered, operator, numbers.split('.').map(Number), prerelease)) return false;
  }
  return true;
}

interface Version {
  numbers: number[];
  prerelease: string;
}

function parse(version: string): Version | null {
  const match = PART.exec(version.trim());
  if (!match || match[1]) return null;
  return { numbers: (match[2] ?? '').split('.').map(Number), prerelease: match[3] ?? '' };
}

function fits(offered: Version, operator: string, wanted: number[], prerelease: string): boolean {
  const order = compare(offered.numbers, wanted);
  const same = order === 0 && offered.prerelease === prerelease;
  if (operator === '=') return same;
  if (operator === '!=') return !same;
  if (offered.prerelease !== '') return same && operator.endsWith('=');
  if (operator === '>=') return order >= 0;
  if (operator === '<=') return order <= 0;
  if (operator === '>') return order > 0;
  if (operator === '<') return order < 0;
  // ~> 1.2.3 allows 1.2.x, ~> 1.2 allows 1.x: the last number named may grow, those before it may not.
  const fixed = wanted.slice(0, Math.max(1, wanted.length - 1));
  return order >= 0 && compare(offered.numbers.slice(0, fixed.length), fixed) === 0;
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return 0;
}
