/** Gives back what was taken: all of it, or (`place`) the place alone, so that the next may run already. */
export interface Release {
  (): void;
  place(): void;
}

export interface Queue {
  /**
   * Waits for a free place and for the folder; first come, first served among those that could run. Null if the signal
   * was aborted before.
   */
  take(folder: string, signal?: AbortSignal): Promise<Release | null>;
  /** At once, whatever the limit says: for a job that runs already. */
  hold(folder: string): Release;
}

/** At most `limit` at a time, and never two with one folder. */
export function createQueue(limit: number): Queue {
  const waiting: { folder: string; go: (release: Release | null) => void }[] = [];
  const busy = new Map<string, number>();
  let running = 0;

  const hold = (folder: string): Release => {
    running += 1;
    busy.set(folder, (busy.get(folder) ?? 0) + 1);
    let placed = true;
    let held = true;
    const place = (): void => {
      if (!placed) return;
      placed = false;
      running -= 1;
      next();
    };
    const release = (): void => {
      if (!held) return;
      held = false;
      const left = (busy.get(folder) ?? 1) - 1;
      if (left === 0) busy.delete(folder);
      else busy.set(folder, left);
      place();
      next();
    };
    return Object.assign(release, { place });
  };
  const next = (): void => {
    while (running < limit) {
      const index = waiting.findIndex(({ folder }) => !busy.has(folder));
      const [first] = index < 0 ? [] : waiting.splice(index, 1);
      if (!first) return;
      first.go(hold(first.folder));
    }
  };
  return {
    hold,
    take: (folder, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve(null);
        const place = { folder, go: resolve };
        const leave = (): void => {
          const index = waiting.indexOf(place);
          if (index < 0) return;
          waiting.splice(index, 1);
          resolve(null);
        };
        signal?.addEventListener('abort', leave, { once: true });
        waiting.push(place);
        next();
      }),
  };
}
