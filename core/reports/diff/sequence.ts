/** One step of the way from `a` to `b`: indices, -1 where there is none on that side. */
export interface Step {
  a: number;
  b: number;
}

/**
 * Cells of the comparison table that one rendering may spend. A plan of thousands of long strings must not
 * cost minutes: beyond it what differs is shown as taken away and put in again, which is as true.
 */
export interface Budget {
  cells: number;
}

const MOST_CELLS = 4_000_000;

export function newBudget(): Budget {
  return { cells: 4 * MOST_CELLS };
}

/** The longest common subsequence of two lists of keys, as steps: both sides, taken away, put in. */
export function diffSequence(a: string[], b: string[], budget: Budget): Step[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let endA = a.length;
  let endB = b.length;
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) {
    endA--;
    endB--;
  }

  const steps: Step[] = [];
  for (let i = 0; i < start; i++) steps.push({ a: i, b: i });
  for (const step of middle(a.slice(start, endA), b.slice(start, endB), budget)) {
    steps.push({ a: step.a < 0 ? -1 : step.a + start, b: step.b < 0 ? -1 : step.b + start });
  }
  for (let i = 0; endA + i < a.length; i++) steps.push({ a: endA + i, b: endB + i });
  return steps;
}

function middle(a: string[], b: string[], budget: Budget): Step[] {
  const cells = (a.length + 1) * (b.length + 1);
  const steps: Step[] = [];
  if (a.length === 0 || b.length === 0 || cells > MOST_CELLS || cells > budget.cells) {
    for (let i = 0; i < a.length; i++) steps.push({ a: i, b: -1 });
    for (let i = 0; i < b.length; i++) steps.push({ a: -1, b: i });
    return steps;
  }
  budget.cells -= cells;

  // longest[i][j]: length of the longest common subsequence of a[i..] and b[j..].
  const width = b.length + 1;
  const longest = new Uint32Array(cells);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const here = i * width + j;
      longest[here] =
        a[i] === b[j] ? longest[here + width + 1]! + 1 : Math.max(longest[here + width]!, longest[here + 1]!);
    }
  }
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const here = i * width + j;
    if (a[i] === b[j]) steps.push({ a: i++, b: j++ });
    else if (longest[here + width]! >= longest[here + 1]!) steps.push({ a: i++, b: -1 });
    else steps.push({ a: -1, b: j++ });
  }
  while (i < a.length) steps.push({ a: i++, b: -1 });
  while (j < b.length) steps.push({ a: -1, b: j++ });
  return steps;
}
