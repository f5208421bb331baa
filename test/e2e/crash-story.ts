import type { Life } from './crash-lives.ts';

/** No story needs more: one that does would go on behind its test until the memory is full. */
const MOST_LIVES = 500;

export interface Story {
  /** Those so far; the last one may be alive. */
  lives: Life[];
  /** Until a server that lived has done it, and is settled: who calls again when nobody answered. */
  play(act: (life: Life) => Promise<unknown>): Promise<void>;
}

/** Lives of a server, one after the other; `begin` is told how many there were before. */
export function storyOf(begin: (before: number) => Life): Story {
  const lives = [begin(0)];
  return {
    lives,
    async play(act) {
      for (;;) {
        const now = lives.at(-1) as Life;
        const done = act(now)
          .then(() => now.settled())
          .catch((error) => {
            if (now.alive()) throw error;
          });
        await Promise.race([done, now.dead]);
        if (now.alive()) return;
        await now.end();
        if (lives.length >= MOST_LIVES) throw new Error(`it does not come to an end in ${MOST_LIVES} lives`);
        lives.push(begin(lives.length));
      }
    },
  };
}

/**
 * Effects after which a life ends: `first`, then 12. On a busy machine so many can be spent on what was done
 * before; so lives become longer little by little, and each story has an end.
 */
export function effectsOf(first: number): (before: number) => number {
  return (before) => (before === 0 ? first : 12 + Math.floor(before / 20));
}
