/**
 * Everything that core asks of the outside, on one page. A host (Lambda, executor, one machine) builds a
 * plain object of these; a test passes a literal. Every write is repeatable: the same call twice is one effect.
 * Errors: `Unavailable` where trying again can help, `ForgeRefused` where only the operator can.
 */
import type { Ephemeral } from './ephemeral/environment.ts';
import type { Tree } from './projects/project.ts';
import type { StatusEvent } from './reports/event.ts';
import type { Request } from './requests/request.ts';
import type { Run, RunFilter } from './requests/run.ts';

export interface Ports {
  clock: Clock;
  artifacts: Artifacts;
  runs: Runs;
  status: Status;
  locks: Locks;
  approvals: Approvals;
  workflows: Workflows;
  jobs: Jobs;
  source: Source;
  pulls: Pulls;
  reports: Reports;
  git: GitData;
  people: People;
  sent: Sent;
  schedules: Schedules;
  ephemerals: Ephemerals;
  issues: Issues;
  redelivery: Redelivery;
  chat: Chat | null;
  keys: Keys;
  hcl: Hcl;
  archives: Archives;
  links: Links;
  /** Names of the job sizes that this host has; null where it has one for all and ignores what is asked for. */
  sizes: readonly string[] | null;
  /** Names of the repositories that may have ephemeral environments on this host; null: all. */
  ephemeralHosts: readonly string[] | null;
  /** Id of the trace that this call belongs to; null where the host has none. */
  trace: string | null;
  /** Versions of terraform and tofu that this host offers to jobs, such as `terraform 1.11.4`. */
  binaries: string[];
  /** False where jobs can read what the host can (one machine, not root): forks are refused there, always. */
  isolated: boolean;
}

/** What a forge answers for. */
export type ForgePorts = Pick<
  Ports,
  'source' | 'pulls' | 'reports' | 'git' | 'people' | 'issues' | 'redelivery'
>;

export interface Clock {
  now(): Date;
}

/** Bytes by key (`a/b/c`, at most 900 bytes). On AWS one bucket, on one machine a folder. */
export interface Artifacts {
  /** Throws NotFound. */
  get(key: string): Promise<Uint8Array>;
  put(key: string, body: Uint8Array | string): Promise<void>;
  /** Write once: true if this call wrote it, false if the key was there (also with the same body). */
  putNew(key: string, body: Uint8Array | string): Promise<boolean>;
  has(key: string): Promise<boolean>;
  /** Keys that start with `prefix`, sorted. */
  list(prefix: string): Promise<string[]>;
}

/** The run index. */
export interface Runs {
  /** Writes the run if its id is absent; answers what is stored (`number` is given here, ascending per repository). */
  claim(run: Omit<Run, 'number'>): Promise<Run>;
  get(id: string): Promise<Run | null>;
  /** Newest first. */
  list(filter: RunFilter): Promise<Run[]>;
  /** Ascending by `seq`. */
  events(runId: string): Promise<StatusEvent[]>;
}

/** Tells every sink, and the run index, what happened. Repeating an event id changes nothing. */
export interface Status {
  /** `seq` is given here, ascending within the run; the run's fields in `event.run` are merged into the index. */
  emit(event: Omit<StatusEvent, 'seq'>): Promise<void>;
}

export interface LockClaim {
  runId: string;
  /** Task token to answer when the lock is handed over. */
  token: string;
  command: string;
  commit: string | null;
  at: string;
}

export interface Lock {
  repository: string;
  environment: string;
  /** Grows by one with each hand-over; an apply carries it. */
  fence: number;
  holder: LockClaim | null;
  /** First come, first served. */
  waiting: LockClaim[];
}

/** One lock per (repository, environment). No clock frees one. A store that does not answer is a lock not held. */
export interface Locks {
  /** Takes the lock or queues for it. The same run again renews its token and keeps its place. */
  claim(repository: string, environment: string, claim: LockClaim): Promise<Lock>;
  get(repository: string, environment: string): Promise<Lock | null>;
  /** If `runId` holds it, the first that waits becomes holder. Else it leaves the queue. Answers the lock after. */
  release(repository: string, environment: string, runId: string): Promise<Lock | null>;
  /** Locks with a holder. */
  held(): Promise<Lock[]>;
}

/** A run that waits for a person; at most one per environment, since it holds the environment's lock. */
export interface WaitingApproval {
  repository: string;
  environment: string;
  runId: string;
  token: string;
  digest: string;
  commit: string;
  /** ISO 8601, UTC. */
  askedAt: string;
  until: string;
  /** Artifact key of the run's document that is being asked about. */
  doc: string;
}

export interface Approvals {
  put(wait: WaitingApproval): Promise<void>;
  /** Writes `wait` if what stands in its place is still `before` (null: nothing); answers whether it did. */
  replace(before: WaitingApproval | null, wait: WaitingApproval): Promise<boolean>;
  get(repository: string, environment: string): Promise<WaitingApproval | null>;
  /** Removes it if it is this run's. */
  remove(repository: string, environment: string, runId: string): Promise<void>;
}

/** What happens once, later: at its time its request goes on the bus. Kept over restarts; may be late, never early. */
export interface Schedules {
  /** Replaces one of the same name; a time that has passed means at once. `name`: 1-64 of letters, digits, `.`, `-`, `_`. */
  put(schedule: { name: string; at: Date; request: Request }): Promise<void>;
  /** Nothing happens if there is none (any more). */
  remove(name: string): Promise<void>;
  /** Those that have not come yet, by time. `at`: ISO 8601, UTC; a fraction of a second may be rounded up. */
  list(): Promise<{ name: string; at: string }[]>;
}

/** Ephemeral environments that exist, by repository. */
export interface Ephemerals {
  /**
   * A new one (version 1), if there is none of its name and fewer than `most` in its repository. Its own run claims
   * it again without effect: `claimed`.
   */
  claim(environment: Omit<Ephemeral, 'version'>, most: number): Promise<'claimed' | 'exists' | 'full'>;
  get(repository: string, environment: string): Promise<Ephemeral | null>;
  /** Writes it as `version + 1` if the stored version is `version`; answers whether it did. */
  update(environment: Ephemeral): Promise<boolean>;
  /** By name. */
  list(repository: string): Promise<Ephemeral[]>;
  /** If the stored version is `version`; answers whether it is gone. */
  remove(environment: Pick<Ephemeral, 'repository' | 'environment' | 'version'>): Promise<boolean>;
}

/** The engine, seen from a step. */
export interface Workflows {
  /** Idempotent by name: `exists` if it was started before with the same input, Conflict with another. */
  start(workflow: string, name: string, input: unknown): Promise<'started' | 'exists'>;
  /** A token answers once; a late or second answer is InvalidToken. */
  succeed(token: string, output: unknown): Promise<void>;
  fail(token: string, error: string, cause: string): Promise<void>;
  stop(workflow: string, name: string, cause: string): Promise<void>;
  status(workflow: string, name: string): Promise<'running' | 'succeeded' | 'failed' | 'stopped' | null>;
}

export interface Jobs {
  /** Jobs of a run that have not ended. */
  active(runId: string): Promise<string[]>;
  /** SIGTERM to each job of the run that has not ended. */
  stop(runId: string, reason: string): Promise<void>;
  /** The scrubbed log from a byte offset; empty if there is none yet. */
  log(jobId: string, offset: number): Promise<string>;
}

export interface Commit {
  sha: string;
  parents: string[];
  message: string;
  /** GitHub login of the author, null if the mail address belongs to nobody. */
  author: string | null;
  /** ISO 8601. */
  date: string;
}

/** Reading the repository. Throws NotFound for a repository, branch or commit that is not there. */
export interface Source {
  head(repository: string, branch: string): Promise<string>;
  commit(repository: string, ref: string): Promise<Commit>;
  /** The forge's gzipped tarball of a commit, with its leading folder. */
  tarball(repository: string, commit: string): Promise<Uint8Array>;
  /** A file's text at a ref; null if there is no such file. At most 1 MB. */
  file(repository: string, ref: string, path: string): Promise<string | null>;
  /** Commits reachable from `head` and not from `base`, oldest first, at most 250; all share `files` never. */
  between(repository: string, base: string, head: string): Promise<Commit[]>;
  defaultBranch(repository: string): Promise<string>;
}

export interface Pull {
  number: number;
  title: string;
  state: 'open' | 'closed';
  merged: boolean;
  draft: boolean;
  author: string;
  /** True if the head lives in another repository. */
  fork: boolean;
  head: { branch: string; sha: string };
  base: { branch: string; sha: string };
  url: string;
}

export interface Pulls {
  get(repository: string, number: number): Promise<Pull>;
  /** Pull requests that brought a commit in, or that have it as head. */
  ofCommit(repository: string, commit: string): Promise<Pull[]>;
  /** The test merge of head into base: its commit; throws MergeConflict. Waits until the forge has made it. */
  testMerge(repository: string, number: number): Promise<string>;
  /** An open one with this head branch, or null. */
  findOpen(repository: string, headBranch: string): Promise<Pull | null>;
  open(repository: string, pull: { title: string; body: string; head: string; base: string }): Promise<Pull>;
  edit(repository: string, number: number, change: { title?: string; body?: string }): Promise<void>;
}

export interface Check {
  /** Fixed name, such as `cairn: prod`. */
  name: string;
  commit: string;
  /** `neutral` counts as passed. */
  state: 'queued' | 'in_progress' | 'success' | 'failure' | 'neutral';
  title: string;
  /** Markdown, at most 65,535 characters. */
  summary: string;
  url: string;
  /** Makes the check run of a run one: stored with it. */
  externalId: string;
}

/** Writing for people. Each answers the id of what it made, to be edited in place the next time. */
export interface Reports {
  createComment(repository: string, pull: number, body: string): Promise<string>;
  /** Throws NotFound if somebody deleted it. */
  editComment(repository: string, id: string, body: string): Promise<void>;
  /** A check run (App) or a commit status (token). */
  check(repository: string, check: Check, id: string | null): Promise<string>;
  /** A GitHub deployment (`auto_merge: false, required_contexts: []`). */
  createDeployment(
    repository: string,
    deployment: { commit: string; environment: string; description: string; runId: string },
  ): Promise<string>;
  deploymentStatus(
    repository: string,
    id: string,
    status: {
      state: 'queued' | 'in_progress' | 'success' | 'failure' | 'inactive';
      description: string;
      url: string;
      environmentUrl?: string;
    },
  ): Promise<void>;
  /** A reaction to a comment, so that its author sees it was read. */
  react(repository: string, comment: string, reaction: '+1' | '-1' | 'eyes' | 'confused'): Promise<void>;
}

/** A file of a commit to make: `content` null deletes it. */
export interface FileChange {
  path: string;
  content: Uint8Array | string | null;
  mode?: '100644' | '100755' | '120000';
}

/** Git data API. Only refs below `refs/heads/cairn/` and `refs/cairn/` are ever written. */
export interface GitData {
  /** Commit a ref (`refs/...`) points at, or null. */
  ref(repository: string, ref: string): Promise<string | null>;
  /** A new commit on `parent` (null: a root commit, no base tree) with these files changed. Answers its sha. */
  commit(
    repository: string,
    commit: { parent: string | null; message: string; files: FileChange[]; date: string },
  ): Promise<string>;
  createRef(repository: string, ref: string, commit: string): Promise<'created' | 'exists'>;
  /** Compare and swap: fast-forward only, unless `force` (refs/heads/cairn/revert-* and refs/cairn/ only). */
  moveRef(
    repository: string,
    ref: string,
    commit: string,
    force: boolean,
  ): Promise<'moved' | 'not-fast-forward'>;
  /** Below `refs/cairn/ephemeral/` only. Nothing happens if it is not there. */
  deleteRef(repository: string, ref: string): Promise<void>;
}

/** A run of a GitHub Actions workflow. */
export interface WorkflowRun {
  /** Who started this attempt. */
  actor: string | null;
  attempt: number;
  /** `owner/name` of where its code lives: another repository for a fork. */
  headRepository: string | null;
  branch: string | null;
  /** The commit that it is shown on. */
  commit: string;
  /** GitHub's words, such as `in_progress`. */
  status: string;
  /** What started it, in GitHub's words: `workflow_dispatch` for a person's button. */
  event: string;
  /** As its list shows it: its workflow's `run-name`, which whoever starts it fills in. */
  title: string;
}

export interface People {
  /** Login of a GitHub token; null if GitHub refuses it. */
  whoIs(token: string): Promise<string | null>;
  permission(repository: string, login: string): Promise<'admin' | 'write' | 'read' | 'none'>;
  /** Null if the repository has none with this id. */
  workflowRun(repository: string, id: number): Promise<WorkflowRun | null>;
}

export interface Issue {
  number: number;
  url: string;
  state: 'open' | 'closed';
}

/** Issues of the repository that Cairn opened itself. */
export interface Issues {
  open(repository: string, issue: { title: string; body: string }): Promise<Issue>;
  /** Throws NotFound for one that somebody deleted. */
  get(repository: string, number: number): Promise<Issue>;
  edit(
    repository: string,
    number: number,
    change: { title?: string; body?: string; state?: Issue['state'] },
  ): Promise<void>;
}

/** A webhook that the forge could not hand over. */
export interface FailedDelivery {
  /** The forge's id of this attempt: what it is asked to send again by. */
  id: string;
  /** The same for all attempts of one delivery. */
  guid: string;
  event: string;
  /** When it was tried first. ISO 8601, UTC. */
  at: string;
}

/** Webhooks that never came. */
export interface Redelivery {
  /** Deliveries since then of which no attempt was accepted, oldest first; the newest attempt of each. */
  failed(repository: string, since: Date): Promise<FailedDelivery[]>;
  /** Asks the forge to send it once more: it arrives as a webhook. */
  again(repository: string, id: string): Promise<void>;
}

/** Ids of what sinks have made (a comment, a check, a thread), with the number of the event shown there. */
export interface Sent {
  get(key: string): Promise<{ id: string; order: number } | null>;
  /** Writes if there is none yet or the stored order is lower or equal; answers whether it did. */
  put(key: string, value: { id: string; order: number }): Promise<boolean>;
}

export interface ChatMessage {
  /** Plain text for notifications. */
  text: string;
  /** Slack Block Kit blocks, within its limits. */
  blocks: unknown[];
}

export interface Chat {
  /** Answers the message's id (`channel:ts`). `thread` is such an id. */
  post(channel: string, message: ChatMessage, thread: string | null): Promise<string>;
  edit(id: string, message: ChatMessage): Promise<void>;
  /** Answers a click for whoever clicked alone, at the address that came with it. */
  respond(address: string, text: string): Promise<void>;
  /** Whether clicks can be checked, so that buttons are of use. */
  hasButtons(): Promise<boolean>;
}

export interface Keys {
  /** 32 bytes, hex: the same for a run each time, of another run never. */
  runKey(runId: string): Promise<string>;
}

/** HCL (or JSON) text to terraform's JSON shape: blocks as arrays. Throws InvalidInput with the position. */
export type Hcl = (path: string, text: string) => Promise<Record<string, unknown>>;

/** Source archives: a commit's files as a deterministic tar.gz without a leading folder. Throws UnsafeSource. */
export interface Archives {
  /** From the forge's tarball (leading folder, any entry) to what jobs unpack. */
  pack(tarball: Uint8Array): Promise<Uint8Array>;
  read(archive: Uint8Array): Promise<Tree>;
}

/** Addresses of pages for people. */
export interface Links {
  run(runId: string): string;
  job(runId: string, jobId: string): string;
  /** All that the terraform command of a run printed, as text. */
  output(runId: string): string;
}
