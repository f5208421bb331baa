import { expect, test } from 'vitest';
import { deployReport } from '../../../core/reports/from-run.ts';
import { aDocument, aPass } from '../../api/story.ts';
import { memoryPorts } from '../../support/fakes/index.ts';

const RUN = '0123456789abcdef0123';

test.each([
  ['apply', '/cairn deploy prod'],
  // The same command would be refused again; the guard's message says what to change.
  ['guard', undefined],
] as const)('what helps after a failure of the %s', async (stage, helps) => {
  const failure = { project: 'app', stage, message: 'It says why.', job: null };
  const doc = aDocument(RUN, aPass([]), { outcome: 'failed', failure });

  const report = await deployReport(doc, null, memoryPorts());

  expect(report.helps).toBe(helps);
});
