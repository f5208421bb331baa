import { expect, test } from 'vitest';
import { InvalidInput } from '../../../core/errors.ts';
import type { RecordEntry } from '../../../core/record/entry.ts';
import { writeFreeze } from '../../../core/record/freeze.ts';
import { readHistory, readOutline, readRecord } from '../../../core/record/read.ts';
import { writeRecord } from '../../../core/record/write.ts';
import { type MemoryRepository, memoryRepository } from '../../support/fakes/repository.ts';
import { entry, project } from './entries.ts';

/** What the forge reads of a file. */
const MB = 1_000_000;
const KIB_256 = 256 * 1024;
const STATE = 'environments/prod/state.json';
const HISTORY = 'environments/prod/history.jsonl';
const BUILDS = 'environments/prod/builds/';

type Outputs = Record<string, string>;

/** As much as a build may write, of which each byte takes two in JSON. */
function large(seed: string): Outputs {
  return { manifest: `${seed}${'"'.repeat(KIB_256 - seed.length)}` };
}

function shop() {
  const repository = memoryRepository();
  const commit = repository.push('main', { 'app/main.tf': '' });
  let runs = 0;
  const deploy = (built: Outputs, names: string[], more: Partial<RecordEntry['after']> = {}) => {
    runs += 1;
    const applied = names.map((name) => [name, { ...project(name), commit, buildOutputs: built }]);
    const after = { commit, projects: Object.fromEntries(applied), ...more };
    const given = entry({ runId: `run-${runs}`, commit, build: built, applied: names, after });
    return writeRecord(repository, repository.name, 'prod', () => given);
  };
  return { repository, commit, deploy };
}

function filesOf(repository: MemoryRepository): Record<string, string> {
  const head = repository.commits.get(repository.refs.get('refs/heads/cairn/record') ?? '');
  return Object.fromEntries(Object.entries(head?.tree ?? {}).map(([path, { content }]) => [path, content]));
}

test('a build as large as builds may be, of 300 projects: each file can be read again, and nothing is lost', async () => {
  const { repository, deploy } = shop();
  const names = Array.from({ length: 300 }, (_, at) => `teams/of-a-long-name/services/project-${at}`);
  const outputs = large('first');

  await deploy(outputs, names);

  const files = filesOf(repository);
  const sizes = Object.entries(files).map(([path, content]) => [path, Buffer.byteLength(content)] as const);
  expect(sizes.filter(([, size]) => size >= MB)).toEqual([]);
  expect(Object.keys(files).filter((path) => path.startsWith(BUILDS))).toHaveLength(1);
  const record = await readRecord(repository, repository.name, 'prod');
  expect(Object.keys(record?.projects ?? {})).toHaveLength(300);
  expect(
    Object.values(record?.projects ?? {}).every(
      (one) => one.buildOutputs['manifest'] === outputs['manifest'],
    ),
  ).toBe(true);
});

test('each project keeps those that it was applied with last, however many builds there were', async () => {
  const { repository, deploy } = shop();
  const names = Array.from({ length: 12 }, (_, at) => `project-${at}`);

  for (const name of names) await deploy(large(name), [name]);
  await deploy({ image: 'app:1' }, ['project-0']);

  const record = await readRecord(repository, repository.name, 'prod');
  expect(record?.projects['project-0']?.buildOutputs).toEqual({ image: 'app:1' });
  for (const name of names.slice(1)) expect(record?.projects[name]?.buildOutputs).toEqual(large(name));
  const files = filesOf(repository);
  expect(Buffer.byteLength(files[STATE] ?? '')).toBeLessThan(20_000);
  expect(Buffer.byteLength(files[HISTORY] ?? '')).toBeLessThan(20_000);
  const history = await readHistory(repository, repository.name, 'prod', 20);
  expect(history).toHaveLength(13);
  expect(history[0]).toMatchObject({ build: { image: 'app:1' } });
  expect(files[`${BUILDS}${history[1]?.buildIn}.json`]).toBe(`${JSON.stringify(large('project-11'))}\n`);
});

test('who only looks at the state reads none of its builds', async () => {
  const { repository, deploy } = shop();
  for (const name of ['app', 'data']) await deploy(large(name), [name]);
  const read: string[] = [];
  const { file } = repository.source;
  repository.source.file = (...asked) => {
    read.push(asked[2]);
    return file(...asked);
  };

  const outline = await readOutline(repository, repository.name, 'prod');

  expect(Object.keys(outline?.projects ?? {})).toEqual(['app', 'data']);
  expect(read.sort()).toEqual(['environments.json', STATE]);
});

test('with as much as stands inline in each of 300 projects the state is read as well', async () => {
  const { repository, deploy } = shop();
  const names = Array.from({ length: 300 }, (_, at) => `teams/of-a-long-name/services/project-${at}`);

  await deploy({ image: 'x'.repeat(980) }, names);

  const files = filesOf(repository);
  expect(Object.keys(files).filter((path) => path.startsWith(BUILDS))).toEqual([]);
  expect(Buffer.byteLength(files[STATE] ?? '')).toBeLessThan(MB * 0.7);
});

test('what stands inline in a record of before goes into a file with the next deployment', async () => {
  const { repository, deploy } = shop();
  await deploy({ image: 'app:1' }, ['app', 'data']);
  const state = JSON.parse(filesOf(repository)[STATE] ?? '');
  state.projects.data.buildOutputs = large('of before');
  repository.push('cairn/record', { [STATE]: JSON.stringify(state) });
  const before = await readRecord(repository, repository.name, 'prod');

  await deploy({ image: 'app:2' }, ['app']);

  const after = await readRecord(repository, repository.name, 'prod');
  expect(before?.projects['data']?.buildOutputs).toEqual(large('of before'));
  expect(after?.projects['data']?.buildOutputs).toEqual(large('of before'));
  expect(JSON.parse(filesOf(repository)[STATE] ?? '').projects.data.buildOutputs).toEqual({});
});

test('a change that touches no project leaves the outputs of all, and what is frozen meanwhile as well', async () => {
  const { repository, commit, deploy } = shop();
  await deploy(large('app'), ['app']);
  const at = '2026-01-01T00:00:00.000Z';
  await writeFreeze(repository, repository.name, 'prod', {
    freeze: { by: 'alice', reason: 'release week', at, until: null },
    by: 'alice',
    at,
  });

  const refused = entry({ runId: 'refused', commit, outcome: 'refused', after: { commit, projects: {} } });
  await writeRecord(repository, repository.name, 'prod', () => refused);

  const record = await readRecord(repository, repository.name, 'prod');
  expect(record?.projects['app']?.buildOutputs).toEqual(large('app'));
});

test.each([
  ['is gone', null, 'it is not there'],
  ['is another one', '{"manifest":"mine"}\n', 'it is not what was written'],
])('outputs whose file %s are no empty ones: the record cannot be read', async (_, content, why) => {
  const { repository, deploy } = shop();
  await deploy(large('app'), ['app']);
  const file = Object.keys(filesOf(repository)).find((path) => path.startsWith(BUILDS)) ?? '';

  repository.push('cairn/record', { [file]: content });

  const read = readRecord(repository, repository.name, 'prod');
  await expect(read).rejects.toThrow(InvalidInput);
  await expect(read).rejects.toThrow(why);
});
