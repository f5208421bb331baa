import { expect, test } from 'vitest';
import { outputsKey } from '../../../core/environments/outputs.ts';
import { chosenOutputs } from '../../../core/ephemeral/stands.ts';
import type { ProjectProgress } from '../../../core/projects/progress.ts';
import type { RunDocument } from '../../../core/runs/document.ts';
import { memoryArtifacts } from '../../support/fakes/stores.ts';
import { projectIn } from './projects.ts';

const PLACE = { repository: 'acme/infra', environment: 'eph-x' };

async function told(outputs: Record<string, Record<string, unknown>>): Promise<Record<string, string>> {
  const artifacts = memoryArtifacts();
  const projects: Record<string, Pick<ProjectProgress, 'project' | 'destroy' | 'status'>> = {};
  for (const [name, values] of Object.entries(outputs)) {
    projects[name] = { project: projectIn(name), destroy: false, status: 'applied' };
    await artifacts.put(outputsKey(PLACE, name), JSON.stringify(values));
  }
  return chosenOutputs({ ...PLACE, ephemeral: null, deploy: { projects } } as unknown as RunDocument, {
    artifacts,
  });
}

test('an output called url is told, whatever it is made of; others are not', async () => {
  expect(await told({ app: { url: 'https://x.test', ip: '10.0.0.1' }, api: { url: { a: 1 } } })).toEqual({
    'app.url': 'https://x.test',
    'api.url': '{"a":1}',
  });
});

test('what one branch puts out stays small: the record of 200 is one file of at most 1 MB', async () => {
  const many = Object.fromEntries(
    Array.from({ length: 50 }, (_, n) => [`app-${n}`, { url: 'x'.repeat(500_000) }]),
  );

  const found = await told(many);

  expect(found['app-0.url']).toHaveLength(1_000);
  expect(JSON.stringify(found).length * 200).toBeLessThan(1_000_000);
});
