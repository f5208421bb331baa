import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { permissionsOf } from '../../adapters/aws/permissions.ts';
import { atRest, type Counts, type Item, ofRuns, total, type Work } from '../../infra/cost/estimate.ts';
import { FUNCTIONS, type FunctionName } from '../../lambdas/functions.ts';
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
  'ephemeral environment of 1 project, made': {
    jobs: 2,
    seconds: 90,
    cpu: 1,
    memory: 2,
    steps: 15,
    events: 5,
  },
  'ephemeral environment of 1 project, gone': {
    jobs: 2,
    seconds: 90,
    cpu: 1,
    memory: 2,
    steps: 13,
    events: 4,
  },
  'drift check of 1 project': { jobs: 1, seconds: 90, cpu: 1, memory: 2, steps: 7, events: 3 },
  'terraform command that reads': { jobs: 1, seconds: 60, cpu: 1, memory: 2, steps: 9, events: 3 },
};

let transitions: Record<string, number>;
let rest: Item[];

beforeAll(async () => {
  const { templates } = await synthesized('minimal');
  rest = atRest(counted(templates));
  const names = Object.keys(RUNS) as RunName[];
  const counts = await Promise.all(names.map((name) => transitionsOf(name)));
  transitions = Object.fromEntries(names.map((name, index) => [name, counts[index] ?? 0]));
}, 240_000);

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
  const ofType = (type: string) => resources.filter(({ Type }) => Type === type);
  const count = (type: string) => ofType(type).length;
  const called = ofType('AWS::Scheduler::Schedule').map(({ Properties }) => {
    const minutes = /rate\((\d+) minutes?\)/.exec(String(Properties?.['ScheduleExpression']))?.[1];
    return {
      name: String(Properties?.['Name']).slice('cairn-'.length),
      times: (30 * 24 * 60) / Number(minutes),
    };
  });
  const sum = (all: typeof called) => all.reduce((times, one) => times + one.times, 0);
  return {
    keys: count('AWS::KMS::Key'),
    secrets: count('AWS::SecretsManager::Secret'),
    alarms: ofType('AWS::CloudWatch::Alarm').reduce((all, alarm) => all + metricsOf(alarm), 0),
    dashboards: count('AWS::CloudWatch::Dashboard'),
    polledQueues: count('AWS::Lambda::EventSourceMapping'),
    scheduled: sum(called),
    secretReads: sum(called.filter(({ name }) => readsSecrets(name as FunctionName))),
    // Functions that only the clock calls send none while all is well.
    metrics: 0,
  };
}

/** An alarm is either on a metric, or on several that an expression adds up. */
function metricsOf({ Properties }: Template['Resources'][string]): number {
  const several = Properties?.['Metrics'] as { MetricStat?: unknown }[] | undefined;
  return several ? several.filter(({ MetricStat }) => MetricStat !== undefined).length : 1;
}

function readsSecrets(name: FunctionName): boolean {
  return permissionsOf(FUNCTIONS[name].ports).some(({ on }) => on.startsWith('secret:'));
}
