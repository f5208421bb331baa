import type { Pass } from './document.ts';

/** `Applies network, app.`, `Destroys app.`, or both: what begins with a wave, or has gone through. */
export function waveWords({ projects }: Pass, names: string[], tense: 'begins' | 'done'): string {
  const [applies, destroys] = tense === 'begins' ? ['Applies', 'Destroys'] : ['Applied', 'Destroyed'];
  const isGoing = (name: string) => projects[name]?.destroy === true;
  const [made, gone] = [names.filter((name) => !isGoing(name)), names.filter(isGoing)];
  const sentences = [
    made.length > 0 ? `${applies} ${made.join(', ')}.` : '',
    gone.length > 0 ? `${destroys} ${gone.join(', ')}.` : '',
  ];
  return sentences.filter(Boolean).join(' ');
}
