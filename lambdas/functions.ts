import type { PortName } from '../adapters/aws/port-names.ts';
import { STEPS } from '../core/steps/index.ts';
import { guardedPorts, OWN_PORTS } from './ports.ts';

/** Queues between the bus and functions, each with a dead-letter queue of its own. */
export type QueueName = 'requests' | 'ended' | 'github' | 'slack';

export type Trigger =
  /** A state of a workflow: `${Name}` in workflows/. */
  | { kind: 'workflow' }
  /** Its messages are handled one after the other; what fails is told one by one. */
  | { kind: 'queue'; queue: QueueName }
  /** EventBridge Scheduler, with this input. */
  | { kind: 'schedule'; minutes: number }
  /** `METHOD /path` as an HTTP API spells it; `$default` is what no other route takes. */
  | { kind: 'http'; routes: string[] };

export interface FunctionSpec {
  /** CMD of the image, `<bundle>.<export>`. */
  command: string;
  ports: readonly PortName[];
  trigger: Trigger;
  /** MB. */
  memory: number;
  /** Seconds. */
  timeout: number;
}

/** Waits on others most of the time. A share of a processor comes with it, which is what a cold start needs. */
const SMALL = 512;
/** Renders pages and reads whole run documents while somebody waits. */
const MIDDLE = 1024;
/**
 * Holds source archives, unpacked, in memory: up to three trees for a revert. More than this a new account does
 * not get.
 */
const LARGE = 3008;

/** Workflows wait this long for a step: later nobody listens to its answer. */
const STEP = 300;
/** The next one comes after five minutes; two at the same time would do the same work twice. */
const SCHEDULED = 240;
/** Its queue hides a message for longer than this, so that nobody else works on it meanwhile. */
const MESSAGE = 120;
/** GitHub waits ten seconds for an answer. */
const WEBHOOK = 10;
/** An HTTP API waits thirty seconds. */
const API = 29;

const TABLE = {
  ClaimRun: step('ClaimRun', SMALL),
  ClaimLock: step('ClaimLock', SMALL),
  FetchSource: step('FetchSource', LARGE),
  ResolveProjects: step('ResolveProjects', LARGE),
  ReviewBuild: step('ReviewBuild', SMALL),
  NextWave: step('NextWave', SMALL),
  // Reads the plan of every project of a run.
  ReviewPlans: step('ReviewPlans', MIDDLE),
  RequestApproval: step('RequestApproval', SMALL),
  ReviewAnswer: step('ReviewAnswer', SMALL),
  ReviewApplies: step('ReviewApplies', SMALL),
  ReviewVerify: step('ReviewVerify', SMALL),
  PrepareRollback: step('PrepareRollback', LARGE),
  OpenRevert: step('OpenRevert', LARGE),
  RecordDeployment: step('RecordDeployment', SMALL),
  ReleaseLock: step('ReleaseLock', SMALL),
  EndRun: step('EndRun', SMALL),
  FailRun: step('FailRun', SMALL),

  LaunchEnvironment: step('LaunchEnvironment', SMALL),
  ResolveEphemeral: step('ResolveEphemeral', LARGE),
  SettleEnvironment: step('SettleEnvironment', SMALL),
  RecordEnvironment: step('RecordEnvironment', SMALL),
  ResolveDestroy: step('ResolveDestroy', LARGE),
  ReviewDestroy: step('ReviewDestroy', MIDDLE),
  ReviewLeft: step('ReviewLeft', MIDDLE),
  ExtendEnvironment: step('ExtendEnvironment', SMALL),
  PrepareCommand: step('PrepareCommand', LARGE),
  HoldCommand: step('HoldCommand', SMALL),
  OrderCommand: step('OrderCommand', SMALL),
  ReviewCommand: step('ReviewCommand', MIDDLE),
  RecordCommand: step('RecordCommand', SMALL),
  ResolveDrift: step('ResolveDrift', LARGE),
  ReviewDrift: step('ReviewDrift', MIDDLE),
  ReportDrift: step('ReportDrift', SMALL),
  WaitForThaw: step('WaitForThaw', SMALL),
  ReviewThaw: step('ReviewThaw', MIDDLE),

  LookAtHeads: {
    ...step('LookAtHeads', SMALL),
    trigger: { kind: 'schedule', minutes: 5 },
    timeout: SCHEDULED,
  },
  SweepLocks: { ...step('SweepLocks', SMALL), trigger: { kind: 'schedule', minutes: 5 }, timeout: SCHEDULED },
  // These mend what seldom goes wrong, and look whether it is time: a quarter of an hour is soon enough, and a call
  // every five minutes for each would be half of what Cairn costs at rest.
  SweepEnvironments: {
    ...step('SweepEnvironments', SMALL),
    trigger: { kind: 'schedule', minutes: 15 },
    timeout: SCHEDULED,
  },
  StartDriftChecks: {
    ...step('StartDriftChecks', SMALL),
    trigger: { kind: 'schedule', minutes: 15 },
    timeout: SCHEDULED,
  },
  FetchMissedWebhooks: {
    ...step('FetchMissedWebhooks', SMALL),
    trigger: { kind: 'schedule', minutes: 15 },
    timeout: SCHEDULED,
  },

  RouteRequest: {
    command: 'route-request.handler',
    // Answers to approvals come the same way: the step passes them on to AnswerApproval.
    ports: portsOf('RouteRequest'),
    trigger: { kind: 'queue', queue: 'requests' },
    memory: SMALL,
    timeout: MESSAGE,
  },
  ReleaseDeadRun: {
    command: 'release-dead-run.handler',
    ports: portsOf('ReleaseDeadRun'),
    trigger: { kind: 'queue', queue: 'ended' },
    memory: SMALL,
    timeout: MESSAGE,
  },
  SinkGithub: {
    command: 'sink-github.handler',
    ports: OWN_PORTS.SinkGithub,
    trigger: { kind: 'queue', queue: 'github' },
    // Renders the changes of every project of a run.
    memory: MIDDLE,
    timeout: MESSAGE,
  },
  SinkSlack: {
    command: 'sink-slack.handler',
    ports: OWN_PORTS.SinkSlack,
    trigger: { kind: 'queue', queue: 'slack' },
    memory: SMALL,
    timeout: MESSAGE,
  },

  Webhook: {
    command: 'webhook.handler',
    ports: OWN_PORTS.Webhook,
    trigger: { kind: 'http', routes: ['POST /webhook'] },
    memory: SMALL,
    timeout: WEBHOOK,
  },
  Api: {
    command: 'api.handler',
    ports: [...new Set([...portsOf('RouteRequest'), ...OWN_PORTS.Api])],
    trigger: { kind: 'http', routes: ['$default'] },
    memory: MIDDLE,
    timeout: API,
  },
} satisfies Record<string, FunctionSpec>;

export type FunctionName = keyof typeof TABLE;

/**
 * THE table of functions: the stacks make them of it, and each can do what its ports need and nothing more. It is
 * read at deploy time too, so nothing heavy is imported here.
 */
export const FUNCTIONS: Readonly<Record<FunctionName, FunctionSpec>> = TABLE;

function step(name: keyof typeof STEPS, memory: number) {
  return {
    command: `step.${name}`,
    ports: portsOf(name),
    trigger: { kind: 'workflow' as const },
    memory,
    timeout: STEP,
  };
}

function portsOf(name: keyof typeof STEPS): PortName[] {
  return guardedPorts(STEPS[name].ports);
}
