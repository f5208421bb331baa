import { expect, test } from 'vitest';
import type { StatusEvent } from '../../../../core/reports/event.ts';
import { endRun } from '../../../../core/steps/run/end-run.ts';
import { aDocument, aPass, aRun, putDocument } from '../../../api/story.ts';
import { memoryPorts } from '../../../support/fakes/index.ts';

const RUN = '0123456789abcdef0123';

test('a title that is too long ends with a sign that it does', async () => {
  const ports = memoryPorts();
  const failure = { project: 'app', stage: 'guard' as const, message: 'word '.repeat(100), job: null };
  const key = await putDocument(ports, aDocument(RUN, aPass([]), { outcome: 'failed', failure }));
  const { workflow, repository, environment } = aRun();
  const origin = { source: 'api' as const, login: 'bob', trigger: 'x' };
  const request = { command: 'deploy' as const, repository, environment, origin, retry: false };

  await endRun.run({ run: { runId: RUN, workflow, repository, environment, request }, doc: key }, ports);

  const [told] = ports.emitted as StatusEvent[];
  expect(told?.run.title).toMatch(/^app: (word )+word…$/);
});
