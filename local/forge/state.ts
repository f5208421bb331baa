/** What the forge knows besides git: one JSON document, so that a restart finds everything again. */
export type Permission = 'admin' | 'write' | 'read';

export interface UserRow {
  id: number;
  login: string;
  type: 'User' | 'Bot';
  email: string;
  createdAt: string;
}

export interface AppRow {
  id: number;
  slug: string;
  installationId: number;
  /** PEM; the private half is given out once and never stored. */
  publicKey: string;
  createdAt: string;
}

export interface HookRow {
  id: number;
  url: string;
  secret: string;
  events: string[];
  createdAt: string;
}

export interface DeliveryRow {
  id: number;
  hookId: number;
  repository: string;
  guid: string;
  event: string;
  action: string | null;
  payload: unknown;
  deliveredAt: string;
  redelivery: boolean;
  /** Seconds. */
  duration: number;
  /** GitHub's words: `OK`, or what went wrong. */
  status: string;
  statusCode: number;
}

export interface PullRow {
  id: number;
  number: number;
  title: string;
  body: string | null;
  state: 'open' | 'closed';
  draft: boolean;
  author: string;
  /** `owner/name` of where the head lives; another repository for a fork. */
  headRepository: string;
  headBranch: string;
  headSha: string;
  baseBranch: string;
  baseSha: string;
  createdAt: string;
  updatedAt: string;
  closedAt: string | null;
  mergedAt: string | null;
  mergedBy: string | null;
  mergeCommitSha: string | null;
  /** The last test merge: `commit` is null on a conflict. Stale once head or base moved. */
  test: { head: string; base: string; commit: string | null } | null;
}

export interface IssueRow {
  id: number;
  /** Shared with pull requests. */
  number: number;
  title: string;
  body: string | null;
  state: 'open' | 'closed';
  author: string;
  createdAt: string;
  updatedAt: string;
  closedAt: string | null;
  closedBy: string | null;
}

export interface CommentRow {
  id: number;
  /** Number of the pull request or issue. */
  pull: number;
  author: string;
  body: string;
  createdAt: string;
  updatedAt: string;
  reactions: { id: number; login: string; content: string; createdAt: string }[];
}

export interface CheckRow {
  id: number;
  appId: number;
  sha: string;
  name: string;
  status: 'queued' | 'in_progress' | 'completed';
  conclusion: string | null;
  title: string | null;
  summary: string | null;
  text: string | null;
  detailsUrl: string | null;
  externalId: string;
  startedAt: string | null;
  completedAt: string | null;
}

export interface StatusRow {
  id: number;
  sha: string;
  state: 'error' | 'failure' | 'pending' | 'success';
  context: string;
  description: string | null;
  targetUrl: string | null;
  creator: string;
  createdAt: string;
}

export interface DeploymentRow {
  id: number;
  sha: string;
  ref: string;
  task: string;
  environment: string;
  description: string | null;
  payload: unknown;
  creator: string;
  createdAt: string;
  statuses: {
    id: number;
    state: string;
    description: string;
    logUrl: string;
    environmentUrl: string;
    creator: string;
    createdAt: string;
  }[];
}

export interface WorkflowRunRow {
  id: number;
  sha: string;
  branch: string;
  /** `owner/name` of where its code lives. */
  headRepository: string;
  event: string;
  title?: string;
  status: 'queued' | 'in_progress' | 'completed';
  attempt: number;
  /** Who started the first attempt, and this one. */
  actor: string;
  triggeringActor: string;
  createdAt: string;
}

export interface RepositoryRow {
  id: number;
  owner: string;
  name: string;
  description: string | null;
  private: boolean;
  defaultBranch: string;
  parent: string | null;
  createdAt: string;
  pushedAt: string;
  permissions: Record<string, Permission>;
  nextNumber: number;
  hooks: HookRow[];
  pulls: PullRow[];
  comments: CommentRow[];
  checks: CheckRow[];
  statuses: StatusRow[];
  deployments: DeploymentRow[];
  /** Absent in what an older version kept. */
  workflowRuns?: WorkflowRunRow[];
  issues?: IssueRow[];
}

export interface ForgeState {
  version: 1;
  nextId: number;
  users: UserRow[];
  /** Token -> login; installation tokens end. */
  tokens: Record<string, { login: string; until: string | null }>;
  apps: AppRow[];
  /** By lower-case `owner/name`. */
  repositories: Record<string, RepositoryRow>;
  /** Newest last; old ones are dropped. */
  deliveries: DeliveryRow[];
}

export const DELIVERIES_KEPT = 100;

export function emptyState(): ForgeState {
  return { version: 1, nextId: 1, users: [], tokens: {}, apps: [], repositories: {}, deliveries: [] };
}
