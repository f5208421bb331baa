import type { Stage } from '../names.ts';

/** A statement of an identity's policy; always `Allow`. */
export interface Grant {
  sid: string;
  actions: readonly string[];
  resources: readonly string[];
  conditions?: Record<string, Record<string, string | string[]>>;
  /** Why a resource is a bare `*`: IAM knows none for these actions. */
  unscoped?: string;
}

/** A job's identity, with what the operator says about its environment. */
export interface JobPlace {
  repository: string;
  environment: string;
  stage: Stage;
  /** ARN of the one role that it assumes; null: none. */
  targetRole: string | null;
  /** ARNs as the operator wrote them. */
  secrets: readonly string[];
  /** ARNs of the KMS keys that these are encrypted with, if it is not AWS's own. */
  secretKeys: readonly string[];
  /** ARNs of the ECR repositories that it pushes to. */
  pushTo: readonly string[];
}

/** ARNs of what jobs touch. */
export interface JobWorld {
  artifacts: string;
  states: string;
  key: string;
  region: string;
}

/** Overwriting is refused: what a job left cannot be changed by a later one, not even of its own identity. */
const ONCE = { Null: { 's3:if-none-match': 'false' } };

/**
 * All that a job of this identity may do. It lists no artifact, and writes none but below its own `out/`
 * (an apply also its claims). `order.json` beside it is written by a step: no job can give itself an order.
 */
export function jobGrants(place: JobPlace, world: JobWorld): Grant[] {
  return [
    ...artifactGrants(place, world),
    ...stateGrants(place, world),
    ...keyGrants(world),
    ...targetGrants(place),
    ...secretGrants(place, world),
    ...imageGrants(place),
  ];
}

function artifactGrants({ repository, environment, stage }: JobPlace, { artifacts }: JobWorld): Grant[] {
  const at = (path: string) => `${artifacts}/${path}`;
  const own = `jobs/${repository}/${environment}`;
  const out = `${own}/${stage}/*/out/*`;
  const readable = [`sources/${repository}/*`, `${own}/${stage}/*`];
  const writable = [out];
  if (stage === 'apply') {
    // It runs the plan file that a deploy's plan left, never one of a pull request.
    readable.push(`${own}/deploy-plan/*`);
    const claims = `claims/${repository}/${environment}/*`;
    readable.push(claims);
    writable.push(claims);
  }
  const grants: Grant[] = [
    { sid: 'ReadArtifacts', actions: ['s3:GetObject'], resources: readable.map(at) },
    { sid: 'WriteOnce', actions: ['s3:PutObject'], resources: writable.map(at), conditions: ONCE },
  ];
  if (stage === 'verify' || stage === 'build') return grants;
  // What may hold secrets is tagged to be forgotten early; no other tag can be given.
  const plan = { StringEquals: { 's3:RequestObjectTag/cairn': 'plan' } };
  return [
    ...grants,
    { sid: 'TagPlans', actions: ['s3:PutObjectTagging'], resources: [at(out)], conditions: plan },
  ];
}

function stateGrants({ repository, environment, stage }: JobPlace, { states }: JobWorld): Grant[] {
  if (stage === 'verify' || stage === 'build') return [];
  const prefix = `${states}/${repository}/${environment}`;
  const state = `${prefix}/*/terraform.tfstate`;
  const lock = `${state}.tflock`;
  // States that an apply could not write, until the next job of the project has.
  const errored = [`${prefix}/*/errored.tfstate`, `${prefix}/errored/*.tfstate`];
  const below = { 's3:prefix': `${repository}/${environment}/*` };
  const find: Grant = {
    sid: 'FindStates',
    actions: ['s3:ListBucket'],
    resources: [states],
    // A look at one object that is not there carries no prefix, and without this right S3 answers 403 in place
    // of the 404 that terraform takes for "none yet". Hence `IfExists`: deployments can see the names of states,
    // no more. For a pull request terraform gets a copy, so that its code sees no names of other repositories.
    conditions: stage === 'pr-plan' ? { StringLike: below } : { StringLikeIfExists: below },
  };
  if (stage === 'pr-plan')
    return [find, { sid: 'ReadStates', actions: ['s3:GetObject'], resources: [state] }];
  // A deploy's plan writes as well: terraform's lock, a workspace that is new, a state that was left over.
  const apply = stage === 'apply';
  return [
    find,
    { sid: 'ReadStates', actions: ['s3:GetObject'], resources: [state, lock, ...errored] },
    { sid: 'WriteStates', actions: ['s3:PutObject'], resources: [state, lock, ...(apply ? errored : [])] },
    {
      sid: 'FreeStates',
      actions: ['s3:DeleteObject'],
      // A state goes once its project was applied under a new name.
      resources: [lock, ...errored, ...(apply ? [state] : [])],
    },
  ];
}

/** Only through S3: with the key alone nothing can be read. */
function keyGrants({ key, region }: JobWorld): Grant[] {
  return [
    {
      sid: 'UseKey',
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      resources: [key],
      conditions: { StringEquals: { 'kms:ViaService': `s3.${region}.amazonaws.com` } },
    },
  ];
}

function targetGrants({ targetRole }: JobPlace): Grant[] {
  return targetRole === null
    ? []
    : [{ sid: 'AssumeTarget', actions: ['sts:AssumeRole'], resources: [targetRole] }];
}

function secretGrants({ secrets, secretKeys }: JobPlace, { region }: JobWorld): Grant[] {
  if (secrets.length === 0) return [];
  const all = [...new Set(secrets)].sort().flatMap(fullArns);
  const read: Grant = { sid: 'ReadSecrets', actions: ['secretsmanager:GetSecretValue'], resources: all };
  if (secretKeys.length === 0) return [read];
  const decrypt: Grant = {
    sid: 'DecryptSecrets',
    actions: ['kms:Decrypt'],
    resources: secretKeys,
    // The key may be that of other secrets as well: Secrets Manager says with each call whose value it is about.
    conditions: {
      StringEquals: { 'kms:ViaService': `secretsmanager.${region}.amazonaws.com` },
      StringLike: { 'kms:EncryptionContext:SecretARN': all },
    },
  };
  return [read, decrypt];
}

/** Source: the ECR user guide, "IAM permissions for pushing an image", and what pulling one takes beside them. */
function imageGrants({ pushTo }: JobPlace): Grant[] {
  if (pushTo.length === 0) return [];
  return [
    {
      sid: 'LogInToRegistry',
      actions: ['ecr:GetAuthorizationToken'],
      resources: ['*'],
      unscoped: 'IAM knows no resource for ecr:GetAuthorizationToken',
    },
    {
      sid: 'PushImages',
      actions: [
        'ecr:BatchCheckLayerAvailability',
        'ecr:BatchGetImage',
        'ecr:CompleteLayerUpload',
        'ecr:GetDownloadUrlForLayer',
        'ecr:InitiateLayerUpload',
        'ecr:PutImage',
        'ecr:UploadLayerPart',
      ],
      resources: pushTo,
    },
  ];
}

/** An ARN in full ends in six random characters, which people leave out; `prod-secret` only looks as if. */
function fullArns(arn: string): string[] {
  return [...(/-[A-Za-z0-9]{6}$/.test(arn) ? [arn] : []), `${arn}-??????`];
}
