import type { Policy } from '../config/policy.ts';
import type { EphemeralPart } from '../ephemeral/part.ts';
import type { Counts } from '../plans/plan.ts';
import type { ProjectProgress } from '../projects/progress.ts';
import type { WorkflowName } from '../requests/run.ts';
import type { RunInput } from '../steps/input.ts';

/**
 * All that a run knows, between two steps. A step reads document `n`, decides, and writes document `n + 1`:
 * documents are never changed, so a step that is repeated after a crash reads what it read before and writes
 * the same again. The workflow's state carries only the key of the newest one.
 */
export interface RunDocument {
  n: number;
  runId: string;
  runNumber: number;
  request: RunInput['request'];
  repository: string;
  environment: string;
  pull: PullPart | null;
  /** What is planned or deployed: a test merge for a pull request, else a commit of the branch. */
  commit: string;
  /** The environment's branch; null for a pull request's plan. */
  branch: string | null;
  /** Tree that changes are computed from: the pull request's base, or the last good commit (null: none yet). */
  base: string | null;
  /** In force for this run: what was approved before, not what this commit says. */
  policy: Policy;
  /** Sentences, for people. */
  policyChanges: string[];
  /** SHA-256 of cairn.yaml at `commit`; part of what an approval binds to. */
  configDigest: string;
  slackChannel: string | null;
  /** Logins that may not approve under `not_author`. */
  authors: string[];
  /** Fencing number of the environment's lock; 0 without a lock. */
  fence: number;
  /** Projects of the environment with a remote backend of their own: what others need to read their state. */
  backends: Record<string, { type: string; config: Record<string, unknown> }>;
  /** Roots that are gone and are only reported. */
  reported: string[];
  moved: { from: string; to: string }[];
  /** Artifact prefix of the build's job, and what it gave: variables of every plan of the run. */
  build: { job: string; outputs: Record<string, string> | null } | null;
  phase: 'deploy' | 'rollback';
  deploy: Pass;
  rollback: Pass | null;
  /** The environment was broken before: whether it is well again is asked even if nothing changes. */
  brokenBefore: boolean;
  /** Projects that the record says were applied once. */
  everApplied: string[];
  approval: { digest: string; until: string } | null;
  /** Why people are asked again, as sentences. */
  differences: string[];
  approvals: { digest: string; by: string; at: string }[];
  /** Job prefix of the check that ran last. */
  verify: { job: string; phase: RunDocument['phase']; ok: boolean | null } | null;
  /** What went wrong, in words; the first one stays. */
  failure: Failure | null;
  /** Why the environment could not be taken back. */
  broken: string | null;
  /** Projects that only the failed commit has and that a rollback leaves, by `removed: report`. */
  leftOver: string[];
  revert: { pull: number; url: string; branch: string; left: string[] } | null;
  /** Of a run that makes, changes or ends an ephemeral environment. */
  ephemeral: EphemeralPart | null;
  /** Of a run that takes an environment down. */
  destroy: DestroyPart | null;
  /** Of a run of one terraform command. */
  terraform: TerraformPart | null;
  /** Of a comparison with what stands. */
  drift: DriftPart | null;
  /** The freeze that stopped this run, that it waits for, or in spite of which it went ahead; of a pull request's plan the one that its deploy would meet. */
  frozen: Freeze | null;
  /** By hand: content digests of what is taken away, by project; a deploy of one of them is refused later. */
  takenBack: Record<string, string>;
  outcome: Outcome | null;
}

export type Outcome =
  | 'planned'
  | 'deployed'
  | 'nothing'
  | 'failed'
  | 'rejected'
  | 'expired'
  | 'refused'
  | 'rolled-back'
  | 'broken'
  | 'superseded'
  /** An ephemeral environment stands. */
  | 'ready'
  | 'extended'
  | 'destroyed'
  /** Not all of it could be destroyed. */
  | 'leaked'
  /** A terraform command went through. */
  | 'ran'
  | 'in-sync'
  | 'drifted';

export interface DestroyPart {
  /** From 1; a destroy that fails is tried again. */
  attempt: number;
  /** Projects that are gone since this run began. */
  gone: string[];
  /** An attempt before this one reached `terraform apply`. */
  begun: boolean;
  /** Jobs that list what is left, by project. */
  listed: Record<string, string>;
  /** Addresses by project; null where they could not be told. */
  left: Record<string, string[] | null>;
}

export interface TerraformPart {
  project: string;
  args: string[];
  writes: boolean;
  /** Artifact prefix of its job, once it was ordered. */
  job: string | null;
  /** What it printed, scrubbed and cut for people; null before it ran. */
  output: { text: string; cut: boolean } | null;
  exitOk: boolean | null;
  /** The run that it became: `apply -replace` is a deployment. */
  deploy?: string;
}

export interface DriftPart {
  /** What must still stand when the plans are read: the last deployment, and who holds the environment. */
  basis: string;
  /** By the last good commit's configuration: a deploy takes the difference away. */
  reconcile: boolean;
  /** When it was compared. ISO 8601, UTC. */
  at: string;
  /** Since when there is a difference; null: there is none. */
  since: string | null;
  /** Projects that are not as they were deployed, with the digest of the difference. */
  drifted: Record<string, { digest: string; counts: Counts }>;
  /** Projects that could not be planned: whether they drifted is not known. */
  unknown: string[];
  /** Some of them could be planned the last time: people hear of it once. */
  newlyUnknown?: boolean;
  /** Of all differences together; null: none. What is unknown now counts as what was told of it before. */
  digest: string | null;
  /** The same difference was told before. */
  known: boolean;
  /** Before there was drift, and now there is none. */
  gone: boolean;
  issue: { number: number; url: string } | null;
  /** Why there is no issue, or why no deploy was started, as sentences. */
  notes: string[];
  /** Run that takes the difference away. */
  reconciledBy: string | null;
}

/** Nothing is applied to an environment while it is frozen. */
export interface Freeze {
  by: string;
  reason: string;
  /** ISO 8601, UTC. */
  at: string;
  until: string | null;
}

export interface PullPart {
  number: number;
  title: string;
  author: string;
  url: string;
  head: string;
  headBranch: string;
  base: string;
  baseBranch: string;
  /** Its head lives in another repository. */
  fork: boolean;
}

export interface Failure {
  /** Project, or null for the run as a whole. */
  project: string | null;
  stage:
    | 'source'
    | 'build'
    | 'plan'
    | 'guard'
    | 'apply'
    | 'verify'
    | 'approval'
    | 'content'
    | 'freeze'
    | 'destroy'
    | 'command';
  message: string;
  /** Artifact prefix of the job whose log tells more. */
  job: string | null;
}

/** Once through a set of projects, wave by wave: the deploy itself, and the way back if it failed. */
export interface Pass {
  /** Whose files are planned (a project that is destroyed names its own). */
  commit: string;
  waves: string[][];
  /** Index of the wave that is next to be planned or applied. */
  wave: number;
  /** `new`: nothing is planned; `planned`: the wave may be applied; `applied`: the wave is done. */
  stage: 'new' | 'planning' | 'planned' | 'applying' | 'applied';
  projects: Record<string, ProjectProgress>;
}

export function currentPass(doc: RunDocument): Pass {
  return doc.phase === 'rollback' && doc.rollback ? doc.rollback : doc.deploy;
}

/** The document with its current pass replaced. */
export function withPass(doc: RunDocument, pass: Pass): RunDocument {
  return doc.phase === 'rollback' ? { ...doc, rollback: pass } : { ...doc, deploy: pass };
}

/** True once any job of the run reached `terraform apply`: from then on the world may have changed. */
export function touchedTheWorld(doc: RunDocument): boolean {
  if (doc.destroy?.begun) return true;
  return [doc.deploy, doc.rollback].some(
    (pass) => pass !== null && Object.values(pass.projects).some((p) => p.apply?.started),
  );
}

/** The workflow that carries a command out. */
export function workflowOf(command: RunInput['request']['command']): WorkflowName {
  return command === 'rollback' ? 'deploy' : command;
}

/** What only runs of one kind have, empty. */
export const NO_PARTS = {
  ephemeral: null,
  destroy: null,
  terraform: null,
  drift: null,
  frozen: null,
} as const satisfies Partial<RunDocument>;

const EMPTY_PASS = { wave: 0, stage: 'new', waves: [], projects: {} } as const;

/** A run's first document, of what is known without reading anything; whoever makes it adds the rest. */
export function newDocument(
  run: RunInput,
  of: Pick<RunDocument, 'commit' | 'policy'> & Partial<RunDocument>,
): RunDocument {
  return {
    n: 0,
    runId: run.runId,
    runNumber: 0,
    request: run.request,
    repository: run.repository,
    environment: run.environment,
    pull: null,
    branch: null,
    base: null,
    policyChanges: [],
    configDigest: '',
    slackChannel: null,
    authors: [],
    fence: 0,
    backends: {},
    reported: [],
    moved: [],
    brokenBefore: false,
    everApplied: [],
    build: null,
    phase: 'deploy',
    deploy: { ...EMPTY_PASS, waves: [], projects: {}, commit: of.commit },
    rollback: null,
    leftOver: [],
    approval: null,
    differences: [],
    approvals: [],
    verify: null,
    failure: null,
    broken: null,
    revert: null,
    takenBack: {},
    outcome: null,
    ...NO_PARTS,
    ...of,
  };
}

/** With what the run came to, once nothing is left to do. */
export function settled(doc: RunDocument): RunDocument {
  if (doc.phase === 'rollback' && doc.broken === null) return { ...doc, outcome: 'rolled-back' };
  if (doc.outcome !== null) return doc;
  return { ...doc, outcome: doc.request.command === 'rollback' ? 'rolled-back' : 'deployed' };
}
