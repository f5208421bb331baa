/**
 * GitHub allows about 80 content-creating requests a minute. A bucket lets a run's few writes pass at once and
 * slows only a storm; a fixed pause between any two writes would make every plan wait.
 */
export function makePacer(burst: number, perSecond: number) {
  let tokens = burst;
  let at = performance.now();
  return async (): Promise<void> => {
    const now = performance.now();
    tokens = Math.min(burst, tokens + ((now - at) / 1000) * perSecond) - 1;
    at = now;
    if (tokens >= 0) return;
    await new Promise((resolve) => setTimeout(resolve, (-tokens / perSecond) * 1000));
  };
}
