import type { DriftLine } from './drift.ts';
import { cell, page, table, time } from './pages.ts';

const SHOWN = 100;

/** `environments/<environment>/drift.md`: what was found, and what became of it. `lines`: oldest first. */
export function driftPage(environment: string, lines: DriftLine[]): string {
  const rows = lines
    .slice(-SHOWN)
    .reverse()
    .map((line) => [time(line.at), cell(driftWords(line)), cell(line.unknown.join(', ')), cell(line.run)]);
  return page([
    `# Drift in ${cell(environment)}`,
    `What was found when it was compared with what was deployed, newest first; what stayed the same is one line. All of it is in [drift.jsonl](drift.jsonl).`,
    table(['at', 'what', 'not compared', 'run'], rows),
  ]);
}

/** `drift in app (1 to change)` */
export function driftWords({ what, where, unknown }: Pick<DriftLine, 'what' | 'where' | 'unknown'>): string {
  switch (what) {
    case 'found':
      return `drift in ${where}`;
    case 'changed':
      return `drift changed, ${where}`;
    case 'gone':
      return 'drift is gone';
    case 'reconciled':
      return 'a deploy takes the drift away';
    case 'left':
      return 'no deploy takes the drift away now';
    case 'reported':
      return `drift in ${where}, with an issue now`;
    case 'unknown':
      return unknown.length > 0 ? `${unknown.length} could not be compared` : 'all could be compared again';
  }
}
