import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cycleIn } from '../../../core/projects/cycle.ts';
import type { Project } from '../../../core/projects/project.ts';
import { dependentsOf, waves } from '../../../core/projects/waves.ts';

function project(name: string, dependsOn: string[] = []): Project {
  return {
    name,
    dir: name,
    workspace: 'default',
    dependsOn,
    whenModified: [],
    variables: {},
    secrets: {},
    size: 'standard',
  };
}

/** Projects p0, p1, … of which each depends on earlier ones only, and a part of them. */
const graphs = fc
  .integer({ min: 1, max: 25 })
  .chain((size) =>
    fc.tuple(
      fc.tuple(
        ...Array.from({ length: size }, (_, i) => fc.subarray(Array.from({ length: i }, (_, j) => `p${j}`))),
      ),
      fc.array(fc.boolean(), { minLength: size, maxLength: size }),
    ),
  )
  .map(([edges, chosen]) => {
    const all = edges.map((dependsOn, i) => project(`p${i}`, dependsOn));
    return { all, affected: all.filter((_, i) => chosen[i]) };
  });

describe('waves', () => {
  it('puts what depends on another into a later wave, through projects that are not affected too', () => {
    const all = [project('a'), project('b', ['a']), project('c', ['b']), project('d')];

    const result = waves([all[0], all[2], all[3]] as Project[], all);

    expect(result).toEqual([['a', 'd'], ['c']]);
  });

  it('is a valid, complete order without needless waves', () => {
    fc.assert(
      fc.property(graphs, ({ all, affected }) => {
        const result = waves(affected, all);

        const wave = new Map(result.flatMap((names, i) => names.map((name) => [name, i] as const)));
        expect([...wave.keys()].sort()).toEqual(affected.map((p) => p.name).sort());
        expect(result.every((names) => names.length > 0)).toBe(true);
        for (const [name, i] of wave)
          for (const later of dependentsOf([name], all)) {
            if (wave.has(later)) expect(wave.get(later)).toBeGreaterThan(i);
          }
        for (const [name, i] of wave) {
          const before = (result[i - 1] ?? []).some((other) => dependentsOf([other], all).includes(name));
          expect(i === 0 || before).toBe(true);
        }
      }),
    );
  });

  it('does not depend on the order in which projects are given', () => {
    fc.assert(
      fc.property(graphs, ({ all, affected }) => {
        expect(waves([...affected].reverse(), [...all].reverse())).toEqual(waves(affected, all));
      }),
    );
  });

  it('names the circle', () => {
    const all = [project('a', ['b']), project('b', ['c']), project('c', ['b'])];

    expect(() => waves(all, all)).toThrow('b -> c -> b');
  });

  it('finds a circle wherever there is one, and none elsewhere', () => {
    fc.assert(
      fc.property(graphs, fc.nat(), fc.nat(), ({ all }, x, y) => {
        const edges = new Map(all.map((p) => [p.name, [...p.dependsOn]]));
        expect(cycleIn(edges)).toBeNull();

        const [low, high] = [x % all.length, y % all.length].sort((a, b) => a - b) as [number, number];
        edges.get(`p${low}`)?.push(`p${high}`);
        edges.get(`p${high}`)?.push(`p${low}`);
        const cycle = cycleIn(edges);

        expect(cycle?.[0]).toBe(cycle?.at(-1));
        for (let i = 1; i < (cycle?.length ?? 0); i++)
          expect(edges.get(cycle?.[i - 1] ?? '')).toContain(cycle?.[i]);
      }),
    );
  });

  it('takes a chain of ten thousand, and refuses more than 300 at once with advice', () => {
    const all = Array.from({ length: 10_000 }, (_, i) => project(`p${i}`, i > 0 ? [`p${i - 1}`] : []));

    const ends = waves([all[0], all[9999]] as Project[], all);

    expect(ends).toEqual([['p0'], ['p9999']]);
    expect(() => waves(all.slice(0, 301), all)).toThrow(/301 projects are affected.*at most 300.*Split/s);
  });
});
