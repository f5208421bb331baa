import { benchAffected } from './affected.ts';
import { benchComment } from './comment.ts';
import { benchEngine } from './engine.ts';
import { machine, writeBetween } from './page.ts';
import { benchPullRequest } from './pull-request.ts';
import type { Row } from './row.ts';

/**
 * `npm run bench [NAME …] [--write]`: ratios measured in one run, each beside its reference. `--write` puts the
 * table into docs/benchmarks.md, with the machine that it ran on.
 */
const BENCHES: Record<string, () => Promise<Row[]>> = {
  'pull-request': benchPullRequest,
  affected: benchAffected,
  comment: benchComment,
  engine: benchEngine,
};

const names = process.argv.slice(2).filter((arg) => !arg.startsWith('--'));
const rows: Row[] = [];
for (const [name, bench] of Object.entries(BENCHES)) {
  if (names.length > 0 && !names.includes(name)) continue;
  for (const row of await bench()) {
    rows.push(row);
    console.log(
      `${row.ok ? 'ok  ' : 'MISS'} ${row.name}: ${row.measured}, against ${row.reference}: ${row.ratio.toFixed(2)} (${row.target})`,
    );
  }
}
if (process.argv.includes('--write')) await writeBetween('bench', table(rows));
process.exit(rows.every((row) => row.ok) ? 0 : 1);

function table(all: Row[]): string {
  const cells = all.map(
    (r) =>
      `| ${r.name} | ${r.measured} | ${r.reference} | ${r.ratio.toFixed(2)} | ${r.target} | ${r.ok ? 'yes' : 'no'} |`,
  );
  return [
    machine(),
    '',
    '| what | measured | reference, same run | ratio | target | met |',
    '| --- | --- | --- | --- | --- | --- |',
    ...cells,
  ].join('\n');
}
