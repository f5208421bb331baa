import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { STACKS } from '../../infra/names.ts';
import { synthesized, templateFiles } from '../support/infra.ts';

const ROOT = path.join(import.meta.dirname, '../..');

interface Artifact {
  type: string;
  dependencies?: string[];
  properties?: { tags?: Record<string, string> };
}

async function stacksOf(name: 'full') {
  const synth = await synthesized(name);
  const manifest = JSON.parse(readFileSync(path.join(synth.outdir, 'manifest.json'), 'utf8'));
  const all = Object.entries(manifest.artifacts as Record<string, Artifact>);
  return { ...synth, stacks: all.filter(([, { type }]) => type === 'aws:cloudformation:stack') };
}

describe('the application', () => {
  it('makes what others name before they name it', async () => {
    const { stacks } = await stacksOf('full');

    const needs = Object.fromEntries(
      stacks.map(([name, { dependencies = [] }]) => [
        name,
        dependencies.filter((other) => !other.endsWith('.assets')),
      ]),
    );

    const { foundation, network, images, pipeline, observability } = STACKS;
    expect(needs[images]).toContain(foundation);
    expect(needs[pipeline]).toEqual(expect.arrayContaining([foundation, network, images]));
    expect(needs[observability]).toContain(pipeline);
    const jobs = Object.entries(needs).filter(([name]) => name.startsWith('CairnJobs-'));
    expect(jobs).toHaveLength(2);
    for (const [, wanted] of jobs) expect(wanted).toEqual(expect.arrayContaining([foundation, images]));
  });

  it('exports nothing: what another stack imports could not be changed', async () => {
    const synth = await stacksOf('full');

    for (const file of templateFiles(synth))
      expect(readFileSync(file, 'utf8')).not.toContain('Fn::ImportValue');
  });

  it('tags stacks and what is in them', async () => {
    const { stacks, templates } = await stacksOf('full');

    for (const [, { properties }] of stacks) {
      expect(properties?.tags).toEqual({ application: 'cairn', team: 'platform', 'cost-centre': '0042' });
    }
    const [bucket] = Object.values(templates[STACKS.foundation]?.Resources ?? {}).filter(
      ({ Type }) => Type === 'AWS::S3::Bucket',
    );
    expect(bucket?.Properties?.['Tags']).toContainEqual({ Key: 'team', Value: 'platform' });
  });

  it('ends with what is wrong and what to do, without a stack trace', () => {
    const run = spawnSync('node', ['--import', 'tsx', 'infra/app.ts'], {
      cwd: ROOT,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], CAIRN_INFRA: '/nowhere/cairn.infra.yaml' },
    });

    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/^\/nowhere\/cairn\.infra\.yaml: cannot be read .*CAIRN_INFRA=FILE/);
    expect(run.stderr).not.toContain('    at ');
  });
});
