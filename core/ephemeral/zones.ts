const DAY = 86_400_000;

/** A time on a clock on the wall (as if it were UTC, in ms), in a zone: when that is. */
export type WallTime =
  /** In ms; the earlier first where clocks are set back and it comes twice. */
  | { kind: 'found'; moments: number[] }
  /** Clocks jump over it: wall times before and after the jump. */
  | { kind: 'gap'; from: number; to: number };

/** What IANA's time zones say of it. Throws RangeError for a zone that there is not. */
export function momentsOf(wall: number, timeZone: string): WallTime {
  const offset = offsets(timeZone);
  // No two changes of an offset are as close as this, and no offset is as large.
  const before = offset(wall - DAY);
  const after = offset(wall + DAY);
  const moments = [...new Set([wall - before, wall - after])]
    .filter((moment) => moment + offset(moment) === wall)
    .sort((a, b) => a - b);
  if (moments.length > 0) return { kind: 'found', moments };

  let [low, high] = [wall - DAY, wall + DAY];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offset(middle) === before) low = middle;
    else high = middle;
  }
  return { kind: 'gap', from: high + before, to: high + after };
}

/** The zone's offset at a moment, in ms. */
function offsets(timeZone: string): (moment: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (moment) => {
    // Offsets are of whole seconds, and formats know no smaller unit.
    const whole = Math.floor(moment / 1000) * 1000;
    const parts = new Map(format.formatToParts(whole).map(({ type, value }) => [type, Number(value)]));
    const of = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
    const wall = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
    return wall - whole;
  };
}
