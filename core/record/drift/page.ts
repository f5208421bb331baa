import { cell, page, table, time } from '../pages.ts';
import { type DriftLine, driftWords } from './line.ts';

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
