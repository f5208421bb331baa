import { JOB_FILES } from '../jobs/files.ts';
import type { Ports } from '../ports.ts';
import { readResult } from '../runs/results.ts';

/** Terraform's words where there was never a state: then there is nothing in it. */
const NO_STATE = /No (existing )?state (file )?was found/i;

/** Read by a data source, not made: `data.aws_ami.it`, `module.x["a"].data.aws_ami.it`. */
const DATA = /^(module\.[^.[]+(\[[^\]]*\])?\.)*data\./;

/** What a `state list` says that a project still holds; null where it failed: then nobody knows. */
export async function leftOf(ports: Pick<Ports, 'artifacts'>, job: string): Promise<string[] | null> {
  const { status, error } = await readResult(ports, job);
  if (status !== 'ok') return NO_STATE.test(error ?? '') ? [] : null;
  const key = `${job}/out/${JOB_FILES.output}`;
  if (!(await ports.artifacts.has(key))) return null;
  const text = new TextDecoder().decode(await ports.artifacts.get(key));
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !DATA.test(line));
}

/** What the registry keeps of an environment is one item of 400 KB on AWS, of which this is a sixth at most. */
const REMEMBERED = 300;
const LONGEST = 200;

/** As the registry keeps it: a share for each project, and how many more there are. The run has them all. */
export function rememberedLeft(left: Record<string, string[] | null>): Record<string, string[] | null> {
  const share = Math.max(1, Math.floor(REMEMBERED / Math.max(1, Object.keys(left).length)));
  return Object.fromEntries(
    Object.entries(left).map(([project, addresses]) => [project, addresses && shortened(addresses, share)]),
  );
}

function shortened(addresses: string[], share: number): string[] {
  const kept = addresses
    .slice(0, share)
    .map((one) => (one.length > LONGEST ? `${one.slice(0, LONGEST)}…` : one));
  const more = addresses.length - kept.length;
  return more > 0 ? [...kept, `… and ${more} more`] : kept;
}
