import type { ApplyJob, TerraformJob } from '../../core/jobs/job.ts';
import type { Context } from '../context.ts';
import { lockOwner } from '../environment.ts';
import type { Ended } from '../process.ts';
import type { Terraform } from './terraform.ts';

/**
 * The id of a state lock that this job left behind, if it did: terraform names it when it cannot release it.
 * A terraform that was killed cannot say, so the next one is asked: its refusal names the lock and who holds it.
 */
export async function ownLock(
  context: Context<ApplyJob | TerraformJob>,
  terraform: Terraform,
  applied: Ended,
): Promise<string | null> {
  if (applied.stderr.includes('releasing the state lock')) return idIn(applied.stderr);
  if (!applied.killed || context.job.project.state.kind === 'file') return null;
  const probe = await terraform.runAfter([
    'plan',
    '-input=false',
    '-no-color',
    '-refresh=false',
    '-lock-timeout=0s',
  ]);
  if (!probe.stderr.includes('acquiring the state lock')) return null;
  const who = /\bWho:\s+(\S+?)@/.exec(probe.stderr)?.[1];
  return who === lockOwner(context.job) ? idIn(probe.stderr) : null;
}

function idIn(text: string): string | null {
  return /\bID:\s+(\S+)/.exec(text)?.[1] ?? null;
}
