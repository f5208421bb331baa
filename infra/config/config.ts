import type { ActionsCommand } from '../../core/requests/actions-detail.ts';

/** `cairn.infra.yaml` with its defaults filled in. Plain JSON. */
export interface InfraConfig {
  /** Name of the file it was read from. */
  file: string;
  /** Account of Cairn itself; null: that of the credentials. */
  account: string | null;
  region: string;
  github: { appId: string; url: string };
  slack: boolean;
  /** In the order of the file. */
  repositories: RepositoryConfig[];
  /** Best first, terraform before tofu: `{ name: 'terraform', version: '1.11.4' }`. */
  binaries: { name: 'terraform' | 'tofu'; version: string }[];
  /** `hashicorp/aws` -> versions. */
  providerMirror: Record<string, string[]>;
  architecture: 'arm64' | 'x86_64';
  /** `standard` is always among them. */
  sizes: Record<string, Size>;
  /** Null: a VPC of its own. */
  network: NetworkConfig | null;
  /** Days. */
  retention: { plans: number; logs: number };
  tags: Record<string, string>;
  permissionBoundary: string | null;
  alarmTopic: string | null;
  /** ARN of the account's OIDC provider for GitHub Actions; null: it is made. */
  actionsProvider: string | null;
  dashboard: boolean;
  /** What is allowed and should be thought about twice, each with its place. */
  warnings: string[];
}

export interface RepositoryConfig {
  /** `owner/name`. */
  name: string;
  environments: EnvironmentConfig[];
  /** What all its ephemeral environments are to whoever grants rights, named `ephemeral`; null: it has none. */
  ephemeral: EnvironmentConfig | null;
  /** Branches whose GitHub Actions may ask for things; null: none may. */
  actions: { branches: string[]; commands: ActionsCommand[] } | null;
}

export interface EnvironmentConfig {
  name: string;
  /** Account it deploys into; null: Cairn's own, which is that of the credentials. */
  account: string | null;
  /** ARN of the role that plans (pr-plan and deploy-plan) assume; null: none. */
  planRole: string | null;
  /** ARN of the role that applies assume; null: none. */
  applyRole: string | null;
  externalId: string;
  /** Name in `sizes`. */
  size: string;
  build: boolean;
  /** ARNs of ECR repositories that its build pushes to. */
  pushTo: string[];
  /**
   * ARNs of secrets that its jobs may read, by stage; an apply may read those of the plan too. And of the KMS keys
   * that they are encrypted with.
   */
  secrets: { plan: string[]; apply: string[]; keys: string[] };
}

export interface Size {
  /** vCPU. */
  cpu: 0.5 | 1 | 2 | 4;
  /** MB. */
  memory: number;
  /** GB. */
  disk: number;
}

export interface NetworkConfig {
  vpc: string;
  subnets: string[];
  securityGroups: string[];
  publicIp: boolean;
}
