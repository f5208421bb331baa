import { readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { benchAffected } from './affected.ts';
import { benchComment } from './comment.ts';
import { benchEngine } from './engine.ts';
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
if (process.argv.includes('--write')) await write(table(rows));
process.exit(rows.every((row) => row.ok) ? 0 : 1);

function table(all: Row[]): string {
  const cells = all.map(
    (r) =>
      `| ${r.name} | ${r.measured} | ${r.reference} | ${r.ratio.toFixed(2)} | ${r.target} | ${r.ok ? 'yes' : 'no'} |`,
  );
  const cpu = os.cpus()[0]?.model.trim() ?? 'unknown processor';
  const memory = `${Math.round(os.totalmem() / 2 ** 30)} GiB`;
  return [
    `${os.availableParallelism()} cores (${cpu}), ${memory}, ${os.type()} ${os.release()}, Node ${process.version}; ${new Date().toISOString().slice(0, 10)}.`,
    '',
    '| what | measured | reference, same run | ratio | target | met |',
    '| --- | --- | --- | --- | --- | --- |',
    ...cells,
  ].join('\n');
}

async function write(text: string): Promise<void> {
  const file = fileURLToPath(new URL('../docs/benchmarks.md', import.meta.url));
  const page = await readFile(file, 'utf8');
  const next = page.replace(
    /<!-- bench -->[\s\S]*<!-- \/bench -->/,
    () => `<!-- bench -->\n${text}\n<!-- /bench -->`,
  );
  if (next === page)
    throw new Error(`${file} has no <!-- bench --> … <!-- /bench --> to write to, or it is as before`);
  await writeFile(file, next);
}
