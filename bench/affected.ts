import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { packSource, readSource } from '../adapters/archive.ts';
import { parseHcl } from '../adapters/hcl.ts';
import { defaultConfig } from '../core/config/config.ts';
import { affectedProjects } from '../core/projects/affected.ts';
import { changedModule, generatedRepository, tarballOf } from './generated-repository.ts';
import type { Row } from './row.ts';

const ROUNDS = 7;
const MOST_RATIO = 2;
/** Times the reading of the `.tf` files may grow by more than their number does. */
const MOST_GROWTH = 1.3;

interface Measured {
  roots: number;
  /** Milliseconds, medians. */
  affected: number;
  reading: number;
}

/**
 * The projects that a change of one shared module affects, from the two source archives on disk, as the step
 * does it; against finding and reading the `.tf` files of that tree on the same disk, with nothing done to them.
 */
export async function benchAffected(): Promise<Row[]> {
  const measured: Measured[] = [];
  for (const roots of [1000, 2000, 4000]) measured.push(await measure(roots, 400));

  const rows = measured.map((one): Row => {
    const ratio = one.affected / one.reading;
    return {
      name: `affected projects, ${one.roots} roots and 400 modules`,
      measured: `${Math.round(one.affected)} ms`,
      reference: `${Math.round(one.reading)} ms to find and read the .tf files`,
      ratio,
      target: `<= ${MOST_RATIO}`,
      ok: ratio <= MOST_RATIO,
    };
  });
  const [small, , large] = measured as [Measured, Measured, Measured];
  const growth = large.affected / small.affected / (large.roots / small.roots);
  return [
    ...rows,
    {
      name: 'affected projects, growth from 1,000 to 4,000 roots',
      measured: `${(large.affected / small.affected).toFixed(1)}x`,
      reference: `${large.roots / small.roots}x the roots`,
      ratio: growth,
      target: `<= ${MOST_GROWTH} (linear)`,
      ok: growth <= MOST_GROWTH,
    },
  ];
}

async function measure(roots: number, modules: number): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'cairn-bench-affected-'));
  try {
    const files = generatedRepository(roots, modules);
    for (const [path, text] of files) {
      mkdirSync(dirname(join(folder, 'tree', path)), { recursive: true });
      writeFileSync(join(folder, 'tree', path), text);
    }
    const head = changedModule(files);
    writeFileSync(join(folder, 'base.tar.gz'), (await packSource(await tarballOf(files))).archive);
    writeFileSync(join(folder, 'head.tar.gz'), (await packSource(await tarballOf(head))).archive);

    const affected: number[] = [];
    const reading: number[] = [];
    // In turns, so that what else the machine does falls on both.
    for (let round = 0; round <= ROUNDS; round++) {
      const read = timed(() => readTerraformFiles(join(folder, 'tree')));
      const started = performance.now();
      await resolve(folder, roots);
      // The first round warms the compiler and the disk cache.
      if (round === 0) continue;
      affected.push(performance.now() - started);
      reading.push(read);
    }
    return { roots, affected: median(affected), reading: median(reading) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function resolve(folder: string, roots: number): Promise<void> {
  const [base, head] = await Promise.all([
    readSource(readFileSync(join(folder, 'base.tar.gz'))),
    readSource(readFileSync(join(folder, 'head.tar.gz'))),
  ]);
  const config = defaultConfig('main');
  const { projects, all } = await affectedProjects({
    base,
    head,
    config,
    environment: 'main',
    hcl: parseHcl,
  });
  if (all.length !== roots || projects.length === 0 || projects.length === roots) {
    throw new Error(`${projects.length} of ${all.length} projects affected: the answer is wrong`);
  }
}

function readTerraformFiles(top: string): number {
  let size = 0;
  const folders = [top];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) folders.push(join(folder, entry.name));
      else if (entry.name.endsWith('.tf')) size += readFileSync(join(folder, entry.name), 'utf8').length;
    }
  }
  return size;
}

function timed(work: () => unknown): number {
  const started = performance.now();
  work();
  return performance.now() - started;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
