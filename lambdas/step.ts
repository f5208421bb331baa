import { z } from 'zod';
import { InvalidInput } from '../core/errors.ts';
import { STEPS } from '../core/steps/index.ts';
import type { HostPorts } from './host.ts';
import { onAws } from './on-aws.ts';
import { lambda, type Working } from './runtime.ts';

type StepFunction = Exclude<
  keyof typeof STEPS,
  'RouteRequest' | 'AnswerApproval' | 'ChangeFreeze' | 'WarnOfEnd' | 'ReleaseDeadRun'
>;

/** A function that is one step: payload -> validated -> run. */
export function stepFunction(name: StepFunction) {
  /** Said once by each that is warm: the clock calls again and again. */
  const told = new Set<string>();
  return lambda(name, STEPS[name].ports, async (payload: unknown, host: Working<HostPorts>) => {
    const { ports, count, log } = host;
    const parsed = STEPS[name].input.safeParse(payload);
    if (!parsed.success) {
      throw new InvalidInput(
        `${name} was called with something else than it takes:\n${z.prettifyError(parsed.error)}`,
      );
    }
    const answer = await STEPS[name].run(payload, ports);
    if (typeof answer['stuck'] === 'number' && answer['stuck'] > 0) count('StuckLocks', {}, answer['stuck']);
    if (typeof answer['leaked'] === 'number' && answer['leaked'] > 0) count('Leaked', {}, answer['leaked']);
    const refused = z.array(z.string()).safeParse(answer['refused']).data ?? [];
    for (const repository of refused.filter((one) => !told.has(one))) {
      told.add(repository);
      log('warn', 'what a look needs to see is refused by GitHub', { step: name, repository });
    }
    return answer;
  });
}

// A function's CMD names its export: `step.ClaimRun`.
export const ClaimRun = stepFunction('ClaimRun')(onAws);
export const ClaimLock = stepFunction('ClaimLock')(onAws);
export const FetchSource = stepFunction('FetchSource')(onAws);
export const ResolveProjects = stepFunction('ResolveProjects')(onAws);
export const ReviewBuild = stepFunction('ReviewBuild')(onAws);
export const NextWave = stepFunction('NextWave')(onAws);
export const ReviewPlans = stepFunction('ReviewPlans')(onAws);
export const RequestApproval = stepFunction('RequestApproval')(onAws);
export const ReviewAnswer = stepFunction('ReviewAnswer')(onAws);
export const ReviewApplies = stepFunction('ReviewApplies')(onAws);
export const ReviewVerify = stepFunction('ReviewVerify')(onAws);
export const PrepareRollback = stepFunction('PrepareRollback')(onAws);
export const OpenRevert = stepFunction('OpenRevert')(onAws);
export const RecordDeployment = stepFunction('RecordDeployment')(onAws);
export const ReleaseLock = stepFunction('ReleaseLock')(onAws);
export const EndRun = stepFunction('EndRun')(onAws);
export const FailRun = stepFunction('FailRun')(onAws);
export const LaunchEnvironment = stepFunction('LaunchEnvironment')(onAws);
export const ResolveEphemeral = stepFunction('ResolveEphemeral')(onAws);
export const SettleEnvironment = stepFunction('SettleEnvironment')(onAws);
export const RecordEnvironment = stepFunction('RecordEnvironment')(onAws);
export const ResolveDestroy = stepFunction('ResolveDestroy')(onAws);
export const ReviewDestroy = stepFunction('ReviewDestroy')(onAws);
export const ReviewLeft = stepFunction('ReviewLeft')(onAws);
export const ExtendEnvironment = stepFunction('ExtendEnvironment')(onAws);
export const PrepareCommand = stepFunction('PrepareCommand')(onAws);
export const HoldCommand = stepFunction('HoldCommand')(onAws);
export const OrderCommand = stepFunction('OrderCommand')(onAws);
export const ReviewCommand = stepFunction('ReviewCommand')(onAws);
export const RecordCommand = stepFunction('RecordCommand')(onAws);
export const ResolveDrift = stepFunction('ResolveDrift')(onAws);
export const ReviewDrift = stepFunction('ReviewDrift')(onAws);
export const ReportDrift = stepFunction('ReportDrift')(onAws);
export const WaitForThaw = stepFunction('WaitForThaw')(onAws);
export const ReviewThaw = stepFunction('ReviewThaw')(onAws);
export const LookAtHeads = stepFunction('LookAtHeads')(onAws);
export const SweepLocks = stepFunction('SweepLocks')(onAws);
export const SweepEnvironments = stepFunction('SweepEnvironments')(onAws);
export const StartDriftChecks = stepFunction('StartDriftChecks')(onAws);
export const FetchMissedWebhooks = stepFunction('FetchMissedWebhooks')(onAws);
