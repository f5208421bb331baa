import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planDigest } from '../core/plans/digest.ts';
import type { TerraformPlan } from '../core/plans/plan.ts';
import { redactPlan } from '../core/plans/redact.ts';
import { summarize } from '../core/plans/summary.ts';
import { renderPlanComment } from '../core/reports/comments/comment.ts';
import type { Row } from './row.ts';

const RESOURCES = 2000;
const ROUNDS = 5;

const ROOT = `
resource "terraform_data" "server" {
  count = ${RESOURCES}
  input = {
    name      = "server-\${count.index}"
    tags      = { team = "platform", index = count.index }
    ports     = [22, 80, 443]
    user_data = "#!/bin/sh\\n- echo \${count.index}\\n"
    policy    = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = ["s3:Get*"] }] })
  }
}
`;

/** From a plan's JSON to its comment, against the time that terraform takes to print that JSON. */
export async function benchComment(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'cairn-bench-'));
  try {
    writeFileSync(join(folder, 'main.tf'), ROOT);
    writeFileSync(join(folder, 'terraform.rc'), '');
    const terraform = (...args: string[]) => run(folder, args);
    terraform('init', '-input=false', '-no-color');
    terraform('plan', '-input=false', '-no-color', '-lock=false', '-out=plan.tfplan');

    const printed: number[] = [];
    const rendered: number[] = [];
    const shown: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const text = timed(printed, () => terraform('show', '-json', 'plan.tfplan'));
      const changes = timed(rendered, () => comment(text, shown));
      if (changes !== RESOURCES) throw new Error(`the comment counts ${changes} of ${RESOURCES} resources`);
    }
    return [row(median(rendered), median(shown), median(printed))];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** All of it: parse, take secrets out, count, digest, render. Answers how many resources the comment counts. */
function comment(text: string, shown: number[]): number {
  const { changes } = redactPlan(JSON.parse(text) as TerraformPlan, 'ab'.repeat(32));
  const summary = summarize(changes);
  planDigest(changes);
  const markdown = timed(shown, () =>
    renderPlanComment({
      kind: 'plan',
      repository: 'acme/infra',
      environment: 'prod',
      pull: null,
      headCommit: 'a'.repeat(40),
      baseCommit: 'b'.repeat(40),
      runUrl: 'https://cairn.example/runs/1',
      state: 'finished',
      policyChanges: [],
      removed: [],
      projects: [
        {
          name: 'servers',
          dir: 'servers',
          status: 'planned',
          summary,
          changes,
          logUrl: 'https://cairn.example/j/1',
        },
      ],
    }),
  );
  return Number(/### .*?(\d+) to add/.exec(markdown)?.[1]);
}

function row(all: number, rendered: number, printed: number): Row {
  const ratio = all / printed;
  return {
    name: `comment for a plan of ${RESOURCES.toLocaleString('en')} resources`,
    measured: `${all.toFixed(0)} ms from the plan's JSON, ${rendered.toFixed(0)} ms of it rendering`,
    reference: `${printed.toFixed(0)} ms for terraform show -json`,
    ratio,
    target: 'less than 1',
    ok: ratio < 1,
  };
}

function run(folder: string, args: string[]): string {
  return execFileSync('terraform', args, {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'inherit'],
    // Settings of whoever runs the benchmark must not count.
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      TF_CLI_CONFIG_FILE: join(folder, 'terraform.rc'),
      CHECKPOINT_DISABLE: '1',
    },
  });
}

function timed<T>(into: number[], work: () => T): T {
  const started = performance.now();
  const result = work();
  into.push(performance.now() - started);
  return result;
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
