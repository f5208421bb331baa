import { expect, test } from 'vitest';
import { destroyWaves } from '../../../core/projects/destroy-waves.ts';
import type { Project } from '../../../core/projects/project.ts';

function project(name: string, ...dependsOn: string[]): Project {
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

test("what depends on others goes before these; what is not destroyed stands in nobody's way", () => {
  const projects = [
    project('network'),
    project('data', 'network', 'elsewhere'),
    project('app', 'data'),
    project('dns'),
  ];

  const waves = destroyWaves(projects);

  expect(waves).toEqual([['app'], ['data'], ['dns', 'network']]);
});

test('a circle, which projects of two commits can make, stops nothing', () => {
  const waves = destroyWaves([project('a', 'b'), project('b', 'a'), project('c', 'b')]);

  expect(waves.flat().sort()).toEqual(['a', 'b', 'c']);
  expect(waves.findIndex((names) => names.includes('c'))).toBe(0);
});

test('as many at a time as one state of a workflow holds', () => {
  const waves = destroyWaves(Array.from({ length: 301 }, (_, at) => project(`p${at}`)));

  expect(waves.map(({ length }) => length)).toEqual([300, 1]);
});
