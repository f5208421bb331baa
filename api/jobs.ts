import { NotFound } from '../core/errors.ts';
import { JOB_FILES } from '../core/jobs/files.ts';
import { segment } from '../core/jobs/keys.ts';
import { type JobsOfRun, jobPrefixes, jobPrefix as prefixOf } from '../core/jobs/names.ts';
import type { Ports } from '../core/ports.ts';
import { readResult } from '../core/runs/results.ts';

export interface JobView {
  id: string;
  /** `read` and `write`: a terraform command, also the list of what a destroy left. */
  kind: 'plan' | 'apply' | 'verify' | 'build' | 'read' | 'write' | 'job';
  /** The project's name; null for a job of the run as a whole. */
  project: string | null;
  /** `running` until it has left a result. */
  status: 'running' | 'ok' | 'failed' | 'refused' | 'interrupted' | 'duplicate';
  error: string | null;
}

const JOB = /^[A-Za-z0-9%_.~!*'()-]{1,300}$/;

/** Artifact prefix of a run's job. Throws NotFound for what cannot be one. */
export function jobPrefix(run: JobsOfRun, job: string): string {
  const id = asWritten(job);
  const prefix = JOB.test(id) ? prefixOf(run, id) : null;
  if (prefix !== null) return prefix;
  throw new NotFound(`There is no job ${JSON.stringify(job.slice(0, 100))} in run ${run.id}.`);
}

/**
 * The one way in which an id is written. A gateway that decodes a path before it hands it on (an HTTP API does)
 * leaves of `plan-3-a%2Fb` less than was sent; no project's name has a `%`, so that nothing else can be meant.
 */
function asWritten(job: string): string {
  const [, head, project, rest = ''] = /^([a-z]+-\d+-)([^~]+)(~.*)?$/s.exec(job) ?? [];
  return head === undefined || project === undefined ? job : `${head}${segment(decode(project))}${rest}`;
}

/** Ids of a run's jobs, in the order in which they were asked for. */
export async function jobIds(ports: Pick<Ports, 'artifacts'>, run: JobsOfRun): Promise<string[]> {
  return idsOf(await filesOf(ports, run));
}

/** Every job of a run, in that order. */
export async function jobsOf(ports: Pick<Ports, 'artifacts'>, run: JobsOfRun): Promise<JobView[]> {
  const files = await filesOf(ports, run);
  return Promise.all(
    idsOf(files).map((id) => jobView(ports, run, id, files.has(`${id}/out/${JOB_FILES.result}`))),
  );
}

/** What the run's jobs have stored, each as `<job id>/<file>`: an id tells its stage, so none is there twice. */
async function filesOf(ports: Pick<Ports, 'artifacts'>, run: JobsOfRun): Promise<Set<string>> {
  const files = jobPrefixes(run).map(async (prefix) => {
    const keys = await ports.artifacts.list(prefix);
    return keys.map((key) => key.slice(prefix.length));
  });
  return new Set((await Promise.all(files)).flat());
}

function idsOf(files: Set<string>): string[] {
  const ids = new Set([...files].map((file) => file.split('/')[0] ?? ''));
  return [...ids].sort((a, b) => round(a) - round(b) || compare(a, b));
}

async function jobView(
  ports: Pick<Ports, 'artifacts'>,
  run: JobsOfRun,
  id: string,
  ended: boolean,
): Promise<JobView> {
  const result = ended ? await readResult(ports, jobPrefix(run, id)) : null;
  return { id, ...describeJob(id), status: result?.status ?? 'running', error: result?.error ?? null };
}

/** What a job's id says: `plan-12-app` is the plan of project `app` asked for by document 12. */
export function describeJob(id: string): Pick<JobView, 'kind' | 'project'> {
  const [, kind, project] = /^(plan|apply|verify|build|read|write)-\d+(?:-([^~]+))?(?:~.*)?$/.exec(id) ?? [];
  if (kind === undefined) return { kind: 'job', project: null };
  return { kind: kind as JobView['kind'], project: project === undefined ? null : decode(project) };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function round(id: string): number {
  return Number(/^[a-z]+-(\d+)/.exec(id)?.[1] ?? 0);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export interface LogPart {
  text: string;
  /** Byte offset to go on from. */
  next: number;
  /** The job has ended and `text` reaches its log's end. */
  ended: boolean;
}

/** At most this much of a log at a time. */
const MOST = 512 * 1024;

/** A job's log from a byte offset: of a job that ended from the artifacts, else as it is being written. */
export async function logPart(
  ports: Pick<Ports, 'artifacts' | 'jobs'>,
  prefix: string,
  offset: number,
): Promise<LogPart> {
  const out = (file: string) => `${prefix}/out/${file}`;
  // Asked first: a job that ends in between has its whole log stored by then.
  const ended = await ports.artifacts.has(out(JOB_FILES.result));
  if (ended) return storedPart(ports, out(JOB_FILES.log), offset);
  const text = await ports.jobs.log(prefix, offset);
  return { text, next: offset + Buffer.byteLength(text), ended: false };
}

/** What a terraform command printed, all of it; empty as long as its job has left nothing. */
export function outputPart(
  ports: Pick<Ports, 'artifacts'>,
  prefix: string | null,
  offset: number,
): Promise<LogPart> {
  const nothing = { text: '', next: offset, ended: true };
  if (prefix === null) return Promise.resolve(nothing);
  return storedPart(ports, `${prefix}/out/${JOB_FILES.output}`, offset);
}

async function storedPart(ports: Pick<Ports, 'artifacts'>, key: string, offset: number): Promise<LogPart> {
  const stored = (await ports.artifacts.has(key)) ? await ports.artifacts.get(key) : new Uint8Array();
  const bytes = whole(stored.subarray(offset, offset + MOST), offset + MOST >= stored.byteLength);
  const next = offset + bytes.byteLength;
  return { text: decodeText(bytes), next, ended: next >= stored.byteLength };
}

/** Without half a character at its end, unless this is the end. */
function whole(bytes: Uint8Array, isEnd: boolean): Uint8Array {
  if (isEnd) return bytes;
  let end = bytes.byteLength;
  for (let back = 1; back <= 4 && back <= end; back++) {
    const byte = bytes[end - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    if (length > back) end -= back;
    break;
  }
  return bytes.subarray(0, end);
}

function decodeText(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}
