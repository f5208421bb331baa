import type { Verify } from '../config/types.ts';
import { InvalidInput } from '../errors.ts';
import type { VerifyJob } from '../jobs/job.ts';
import type { Ports } from '../ports.ts';
import type { RunDocument } from '../runs/document.ts';
import { readOutputs } from './outputs.ts';

interface ResolvedCheck {
  check: VerifyJob['check'];
  attempts: number;
  /** Seconds. */
  interval: number;
  timeout: number;
}

/** The environment's `verify` with its output looked up: `output: app.url` plus `path`. */
export async function checkOf(doc: RunDocument, ports: Pick<Ports, 'artifacts'>): Promise<ResolvedCheck> {
  const { verify } = doc.policy;
  if (!verify) throw new Error(`${doc.environment} has no verify`);
  const { attempts, interval, timeout } = verify;
  return { check: await resolve(doc, verify, ports), attempts, interval, timeout };
}

async function resolve(
  doc: RunDocument,
  verify: Verify,
  ports: Pick<Ports, 'artifacts'>,
): Promise<VerifyJob['check']> {
  if (verify.kind === 'command') return { kind: 'command', command: verify.command, dir: verify.dir };
  const url = verify.kind === 'http' ? verify.url : await urlFromOutput(doc, verify, ports);
  return { kind: 'http', url, ...(verify.status === null ? {} : { status: verify.status }) };
}

async function urlFromOutput(
  doc: RunDocument,
  { project, output, path }: Extract<Verify, { kind: 'output' }>,
  ports: Pick<Ports, 'artifacts'>,
): Promise<string> {
  const value = (await readOutputs(ports, doc, project))[output];
  if (typeof value === 'string' && URL.canParse(value))
    return path === '' ? value : new URL(path, value).href;
  const problem = value === undefined ? 'has no such output (or it is sensitive)' : 'gives something else';
  throw new InvalidInput(
    `verify of ${doc.environment} needs the output "${output}" to be a URL, but project ${project} ${problem}. ` +
      'Add the output, or set verify.url in cairn.yaml.',
  );
}
