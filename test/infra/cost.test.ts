import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { atRest, type Counts, type Item, ofRuns, total, type Work } from '../../infra/cost/estimate.ts';
import type { Template } from '../support/aws/template.ts';
import { synthesized } from '../support/infra.ts';
import { RUNS, type RunName, transitionsOf } from './asl-transitions.ts';

const PAGE = path.join(import.meta.dirname, '../../docs/cost.md');
/** `CAIRN_WRITE_DOCS=1 npx vitest run test/infra/cost.test.ts` writes the tables into the page. */
const WRITE = process.env['CAIRN_WRITE_DOCS'] === '1';

/** What a run of a kind is made of, beside its transitions. A job's seconds: Fargate's start, init, a plan of AWS. */
const WORK: Record<RunName, Omit<Work, 'transitions'>> = {
  'plan of 1 project': { jobs: 1, seconds: 90, cpu: 1, memory: 2, steps: 6, events: 3 },
  'plan of 10 projects': { jobs: 10, seconds: 90, cpu: 1, memory: 2, steps: 6, events: 3 },
  'deploy of 1 project, with approval': { jobs: 3, seconds: 90, cpu: 1, memory: 2, steps: 16, events: 7 },
  'deploy that fails and is rolled back': { jobs: 5, seconds: 90, cpu: 1, memory: 2, steps: 22, events: 9 },
};

let transitions: Record<string, number>;
let rest: Item[];

beforeAll(async () => {
  const { templates } = await synthesized('minimal');
  rest = atRest(counted(templates));
  const names = Object.keys(RUNS) as RunName[];
  const counts = await Promise.all(names.map((name) => transitionsOf(name)));
  transitions = Object.fromEntries(names.map((name, index) => [name, counts[index] ?? 0]));
});

describe('what an installation costs', () => {
  test('the default is at most 5 USD a month at rest', () => {
    expect(total(rest)).toBeGreaterThan(2);
    expect(total(rest)).toBeLessThanOrEqual(5);
  });

  test('a plan of one project takes at most 15 transitions, a deployment at most 40', () => {
    expect(transitions['plan of 1 project']).toBeGreaterThan(5);
    expect(transitions['plan of 1 project']).toBeLessThanOrEqual(15);
    expect(transitions['deploy of 1 project, with approval']).toBeLessThanOrEqual(40);
  });

  test('docs/cost.md says so', () => {
    const page = readFileSync(PAGE, 'utf8');
    const wanted = withTables(page);
    if (WRITE) writeFileSync(PAGE, wanted);
    else expect(page, 'CAIRN_WRITE_DOCS=1 writes it anew').toBe(wanted);
  });
});

function withTables(page: string): string {
  const runs = Object.entries(transitions).map(([name, count]) => {
    const work = { ...WORK[name as RunName], transitions: count };
    return { name, count, items: ofRuns(1000, work) };
  });
  const parts = runs[0]?.items.map(({ what }) => what) ?? [];
  const perThousand = [
    `| 1,000 times | transitions a run | ${parts.join(' | ')} | together |`,
    `|---|--:|${parts.map(() => '--:|').join('')}--:|`,
    ...runs.map(
      ({ name, count, items }) =>
        `| ${name} | ${count} | ${items.map(({ usd }) => usd.toFixed(2)).join(' | ')} | **${total(items).toFixed(2)}** |`,
    ),
  ].join('\n');
  const atRestTable = [
    '| | | USD a month |',
    '|---|---|--:|',
    ...rest.map(({ what, why, usd }) => `| ${what} | ${why} | ${usd.toFixed(2)} |`),
    `| together | | **${total(rest).toFixed(2)}** |`,
  ].join('\n');
  return put(put(page, 'at-rest', atRestTable), 'per-1000', perThousand);
}

function put(page: string, name: string, text: string): string {
  const [start, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const [from, to] = [page.indexOf(start), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/cost.md has lost its marks ${start} and ${end}`);
  return `${page.slice(0, from + start.length)}\n${text}\n${page.slice(to)}`;
}

function counted(templates: Record<string, Template>): Counts {
  const resources = Object.values(templates).flatMap(({ Resources }) => Object.values(Resources));
  const count = (type: string) => resources.filter(({ Type }) => Type === type).length;
  const minutes = resources
    .filter(({ Type }) => Type === 'AWS::Scheduler::Schedule')
    .map(({ Properties }) =>
      Number(/rate\((\d+) minutes?\)/.exec(String(Properties?.['ScheduleExpression']))?.[1]),
    );
  return {
    keys: count('AWS::KMS::Key'),
    secrets: count('AWS::SecretsManager::Secret'),
    alarms: count('AWS::CloudWatch::Alarm'),
    dashboards: count('AWS::CloudWatch::Dashboard'),
    polledQueues: count('AWS::Lambda::EventSourceMapping'),
    scheduled: minutes.reduce((sum, every) => sum + (30 * 24 * 60) / every, 0),
    // Functions that only the clock calls send none while all is well.
    metrics: 0,
  };
}
