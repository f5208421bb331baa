import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { buildBundles, fileOf, LAMBDA_BUNDLES } from '../scripts/build.ts';
import { median } from './median.ts';
import { machine, writeBetween } from './page.ts';

/**
 * `npm run bench:lambda [-- --write]`: size and import time of each bundle of the functions, which is what a cold
 * start costs beside Lambda's own part. Ends with 1 if one is over its budget. `--write` puts the table into
 * docs/benchmarks.md.
 */
interface Budget {
  /** Bytes. */
  size: number;
  /** Milliseconds of a processor. */
  imports?: number;
}

interface Measured {
  name: string;
  size: number;
  /** Processor time of the import, in ms: on a quiet machine the time that it takes, and on a busy one still. */
  imports: number;
  /** Of the same, by the clock. */
  wall: number;
  budget: Budget;
  ok: boolean;
}

const MB = 1_000_000;
/** GitHub waits for the webhook; nobody waits for the first moment of the others. */
const BUDGETS: Record<string, Budget> = { webhook: { size: 1.2 * MB, imports: 100 } };
const OTHERS: Budget = { size: 2 * MB };
/** Each in a process of its own: the second import in one would cost nothing. */
const PROCESSES = 11;

const rows: Measured[] = [];
await buildBundles(LAMBDA_BUNDLES);
for (const bundle of LAMBDA_BUNDLES) {
  const row = await measure(fileOf(bundle));
  rows.push(row);
  console.log(
    `${row.ok ? 'ok  ' : 'MISS'} ${row.name}: ${shown(row.size)}, ${row.imports.toFixed(0)} ms (${row.wall.toFixed(0)} ms by the clock)`,
  );
}
if (process.argv.includes('--write')) await writeBetween('bench:lambda', table());
process.exit(rows.every(({ ok }) => ok) ? 0 : 1);

async function measure(file: string): Promise<Measured> {
  const name = basename(file, '.mjs');
  const budget = BUDGETS[name] ?? OTHERS;
  const { size } = await stat(file);
  const times: { imports: number; wall: number }[] = [];
  for (let n = 0; n < PROCESSES; n++) times.push(await importTime(file));
  const imports = median(times.map((one) => one.imports));
  const wall = median(times.map((one) => one.wall));
  const ok = size <= budget.size && imports <= (budget.imports ?? Number.POSITIVE_INFINITY);
  return { name, size, imports, wall, budget, ok };
}

async function importTime(file: string): Promise<{ imports: number; wall: number }> {
  const script = `
    const cpu = process.cpuUsage(), at = performance.now();
    await import(${JSON.stringify(pathToFileURL(file).href)});
    const wall = performance.now() - at, { user, system } = process.cpuUsage(cpu);
    process.stdout.write(JSON.stringify({ imports: (user + system) / 1000, wall }));
    process.exit();`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  return JSON.parse(stdout) as { imports: number; wall: number };
}

function shown(bytes: number): string {
  return bytes < MB ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / MB).toFixed(2)} MB`;
}

function table(): string {
  const cells = rows.map(({ name, size, imports, wall, budget, ok }) => {
    const allowed = budget.imports === undefined ? '' : `, ${budget.imports} ms`;
    return `| ${name} | ${shown(size)} | ${imports.toFixed(0)} ms | ${wall.toFixed(0)} ms | ${shown(budget.size)}${allowed} | ${ok ? 'yes' : 'no'} |`;
  });
  return [
    machine(),
    '',
    '| bundle | size | import | by the clock | at most | met |',
    '| --- | --- | --- | --- | --- | --- |',
    ...cells,
  ].join('\n');
}
