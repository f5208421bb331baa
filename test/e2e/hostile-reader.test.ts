import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jobPrefixes } from '../../core/jobs/names.ts';
import type { Run } from '../../core/requests/run.ts';
import { config, root } from '../support/real-roots.ts';
import { type RealWorld, startRealWorld } from '../support/real-world.ts';

const isRoot = process.getuid?.() === 0;
const why = isRoot ? '' : ' (skipped: the server is not root here, so jobs run as its own user)';
if (!isRoot) console.warn("Not root: whether jobs can read what is the server's is not tested here.");

const SECRETS = { key: 'the-secret-of-another-project' };

let world: RealWorld;

beforeAll(async () => {
  world = await startRealWorld({ secrets: SECRETS });
  const files = {
    ...config(),
    ...root(world.log, 'app', { value: 'a1' }),
    ...root(world.log, 'other', { value: 'the-state-of-another-project' }),
  };
  await world.deploy({ commit: await world.push(files) });
});

afterAll(() => world.close());

describe.runIf(isRoot)(`terraform that reads what is the server's${why}`, () => {
  /** Files of the server with a piece of each that would give it away; none is empty. */
  function treasures(): { file: string; piece: Buffer }[] {
    const data = path.join(world.dir, 'data');
    const { states, root: jobs } = world.server.host.jobs;
    const found = [
      path.join(data, 'cairn.db'),
      path.join(data, 'master.key'),
      path.join(data, 'admin.token'),
      path.join(data, 'secrets.yaml'),
      path.join(data, 'users.json'),
      path.join(world.dir, 'app.pem'),
      path.join(world.dir, 'forge', 'forge.json'),
      ...filesBelow(states),
      // Those of the deployment before: what is being written has another name a moment later.
      ...filesBelow(path.join(data, 'artifacts', 'jobs')).slice(0, 5),
      path.join(jobs, 'jobs', 'of-another', 'in', 'job.json'),
      `/proc/${process.pid}/environ`,
      `/proc/${process.pid}/maps`,
    ];
    return found.map((file) => ({ file, piece: readFileSync(file).subarray(0, 24) }));
  }

  /** A folder as the server makes one for a job that is under way. */
  function anotherJob(): void {
    const folder = path.join(world.server.host.jobs.root, 'jobs', 'of-another');
    mkdirSync(path.join(folder, 'in'), { recursive: true, mode: 0o711 });
    writeFileSync(path.join(folder, 'in', 'job.json'), '{"secret":"of a job that is under way"}', {
      mode: 0o600,
    });
  }

  test('while a pull request is planned gets nothing', async () => {
    anotherJob();
    const all = treasures();
    const folders = [
      path.join(world.dir, 'data'),
      world.server.host.jobs.root,
      world.server.host.jobs.states,
    ];
    const more = `
locals {
  files   = ${JSON.stringify(all.map(({ file }) => file))}
  folders = ${JSON.stringify(folders)}
}
output "read" { value = [for file in local.files : try(filebase64(file), "nothing")] }
output "text" { value = [for file in local.files : try(file(file), "nothing")] }
output "template" { value = [for file in local.files : try(templatefile(file, {}), "nothing")] }
output "hash" { value = [for file in local.files : try(filesha256(file), "nothing")] }
output "listed" { value = [for folder in local.folders : try(fileset(folder, "**"), [])] }
`;
    await world.push(root(world.log, 'app', { value: 'curious', more }), { branch: 'curious' });
    const pull = await world.bob.openPull({ head: 'curious' });

    const run = await world.ended({ pull: pull.number });
    const outputs = await outputsOf(run);

    expect(run.state).toBe('succeeded');
    const nothing = all.map(() => 'nothing');
    expect(outputs['read']).toEqual(nothing);
    expect(outputs['text']).toEqual(nothing);
    expect(outputs['template']).toEqual(nothing);
    expect(outputs['hash']).toEqual(nothing);
    expect(outputs['listed']).toEqual(folders.map(() => []));
  });

  test('in a command of an apply gets nothing, and cannot write there', async () => {
    anotherJob();
    const all = treasures();
    const loot = path.join(path.dirname(world.log), 'loot');
    const { root: jobs } = world.server.host.jobs;
    const script = [
      `id -u > ${loot}.uid`,
      ...all.map(({ file }) => `cat '${file}' >> ${loot} 2>/dev/null || true`),
      `ls ${path.join(world.dir, 'data')} ${jobs} ${jobs}/jobs ${jobs}/work >> ${loot} 2>/dev/null || true`,
      `cat ${jobs}/jobs/*/*/in/* ${jobs}/work/*/*.tf >> ${loot} 2>/dev/null || true`,
      `for f in ${path.join(world.dir, 'data')} ${jobs}/jobs ${jobs}/bin ${jobs}/work; do (echo x > $f/planted) 2>/dev/null || true; done`,
      `kill -9 ${process.pid} 2>/dev/null || true`,
      `echo done >> ${loot}`,
    ].join('\n      ');
    const commit = await world.push(root(world.log, 'app', { value: 'robber', also: script }));

    const run = await world.deploy({ commit });
    const taken = readFileSync(loot);

    expect(run.state).toBe('succeeded');
    expect(Number(readFileSync(`${loot}.uid`, 'utf8'))).toBeGreaterThanOrEqual(61_000);
    expect(taken.toString('utf8')).toBe('done\n');
    for (const { file, piece } of all) expect(taken.includes(piece) ? file : '').toBe('');
    expect(filesBelow(path.join(world.dir, 'data')).filter((file) => file.endsWith('planted'))).toEqual([]);
    expect(filesBelow(jobs).filter((file) => file.endsWith('planted'))).toEqual([]);
  });

  async function outputsOf(run: Run): Promise<Record<string, unknown>> {
    const { artifacts } = world.server.host.ports;
    const keys = (await Promise.all(jobPrefixes(run).map((prefix) => artifacts.list(prefix)))).flat();
    const key = keys.find((name) => name.endsWith('/out/changes.json')) ?? '';
    const { outputs } = JSON.parse(new TextDecoder().decode(await artifacts.get(key))) as {
      outputs: Record<string, { after: unknown }>;
    };
    return Object.fromEntries(Object.entries(outputs).map(([name, { after }]) => [name, after]));
  }
});

/** The server goes on meanwhile: what it takes away while this looks is left out. */
function filesBelow(folder: string): string[] {
  return namesIn(folder).flatMap((name) => {
    const file = path.join(folder, name);
    const found = statSync(file, { throwIfNoEntry: false });
    if (!found) return [];
    return found.isDirectory() ? filesBelow(file) : [file];
  });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
