import { z } from 'zod';
import { configAt } from '../../config/load-config.ts';
import type { EphemeralConfig } from '../../config/types.ts';
import { changeEnvironment } from '../../ephemeral/change-environment.ts';
import { ephemeralConfig } from '../../ephemeral/config.ts';
import type { Ephemeral } from '../../ephemeral/environment.ts';
import { keepCommit } from '../../ephemeral/forget.ts';
import { launchEnd } from '../../ephemeral/launch-end.ts';
import { scheduleEnd } from '../../ephemeral/schedules.ts';
import { InvalidInput, NotAllowed, Unavailable } from '../../errors.ts';
import type { Ports } from '../../ports.ts';
import { plural } from '../../reports/text.ts';
import type { EphemeralRequest } from '../../requests/request.ts';
import { type RunInput, runInput } from '../input.ts';
import { step } from '../step.ts';

/**
 * May it be made? Then it is known from here on, and its end is scheduled before anything of it exists. One that
 * stands is left as it is until something of the update is applied: a plan that fails changes nothing about it.
 */
export const launchEnvironment = step({
  input: z.object({ run: runInput, commit: z.string().nullable() }),
  ports: ['clock', 'ephemeralHosts', 'ephemerals', 'git', 'pulls', 'schedules', 'source'],
  async run({ run, commit }, ports) {
    const { request, repository } = run;
    if (request.command !== 'ephemeral' || commit === null) throw new Error('not a launch');
    checkHost(repository, ports.ephemeralHosts);
    const main = await ports.source.defaultBranch(repository);
    const rules = ephemeralConfig(await configAt(ports, repository, main), main);
    const end = launchEnd(request, rules, ports.clock.now());
    const ref = await refOf(request, ports);

    const known = await ports.ephemerals.get(repository, run.environment);
    const environment = known
      ? await take(known, run, request, ref, ports)
      : await make({ run, request, ref, commit, end }, rules, ports);
    // What was applied has its end and its commit; of anything else this run is the first that counts.
    if (Object.keys(environment.applied).length > 0) return {};
    await scheduleEnd(ports, environment, rules.warn);
    await keepCommit(ports, environment, commit);
    return {};
  },
});

function checkHost(repository: string, hosts: Ports['ephemeralHosts']): void {
  if (hosts === null || hosts.includes(repository)) return;
  throw new NotAllowed(
    `${repository} has no place for ephemeral environments here. The operator of Cairn gives it one, in an account of its own: ` +
      `\`ephemeral: { plan_role: …, apply_role: … }\` below \`repositories: ${repository}:\` in cairn.infra.yaml, and deploys Cairn.`,
  );
}

async function refOf(request: EphemeralRequest, ports: Pick<Ports, 'pulls'>): Promise<string> {
  if (request.ref !== undefined) return request.ref;
  return (await ports.pulls.get(request.repository, request.pull ?? 0)).head.branch;
}

interface New {
  run: RunInput;
  request: EphemeralRequest;
  ref: string;
  commit: string;
  end: string | null;
}

async function make(
  { run, request, ref, commit, end }: New,
  rules: EphemeralConfig,
  ports: Pick<Ports, 'clock' | 'ephemerals'>,
): Promise<Ephemeral> {
  const { repository, environment, runId } = run;
  const at = ports.clock.now().toISOString();
  const made: Omit<Ephemeral, 'version'> = {
    repository,
    environment,
    state: 'launching',
    ref,
    commit,
    pull: request.pull ?? null,
    automatic: request.automatic ?? false,
    owner: request.origin.login,
    email: request.email ?? null,
    createdAt: at,
    startedAt: at,
    endsAt: end,
    projects: request.projects ?? null,
    applied: {},
    outputs: {},
    left: {},
    runId,
  };
  const answer = await ports.ephemerals.claim(made, rules.limit);
  if (answer === 'full') {
    const names = (await ports.ephemerals.list(repository)).map((one) => one.environment);
    throw new InvalidInput(
      `${repository} has ${plural(names.length, 'ephemeral environment')}, and ephemeral.limit in cairn.yaml allows ${rules.limit}: ${names.join(', ')}. ` +
        `Take one down first, such as \`cairn env down ${names[0] ?? 'NAME'}\`, or raise the limit.`,
    );
  }
  const known = await ports.ephemerals.get(repository, environment);
  if (known?.runId === runId) return known;
  throw new Unavailable(`${environment} was made by somebody else in this moment.`);
}

/** The run that changes it from here on; what stands is not touched yet. */
async function take(
  before: Ephemeral,
  run: RunInput,
  request: EphemeralRequest,
  ref: string,
  ports: Pick<Ports, 'ephemerals'>,
): Promise<Ephemeral> {
  const known = await changeEnvironment(ports, run.repository, run.environment, (current) => {
    const why = current.runId === run.runId ? null : whyNot(current, request, ref);
    if (why !== null) throw new NotAllowed(why);
    return current.runId === run.runId ? null : { ...current, runId: run.runId };
  });
  if (known) return known;
  throw new Unavailable(`${before.environment} went away in this moment.`);
}

function whyNot(known: Ephemeral, request: EphemeralRequest, ref: string): string | null {
  const { environment } = known;
  if (known.state === 'destroying') {
    return `${environment} is being destroyed. Ask again once it is gone: \`cairn env list\` shows it until then.`;
  }
  if (known.state === 'leaked') {
    return (
      `${environment} could not be destroyed, and what is left of it (${Object.keys(known.left).join(', ')}) waits for somebody. ` +
      `\`cairn env down ${environment}\` tries again; or choose another name.`
    );
  }
  const samePull = request.ref === undefined && known.pull !== null && known.pull === request.pull;
  if (samePull || known.ref === ref) return null;
  const whose = known.owner === null ? '' : ` by @${known.owner}`;
  return (
    `${environment} was made from ${known.ref}${whose}, and stands ${known.endsAt === null ? 'without an end' : `until ${known.endsAt}`}. ` +
    `Choose another name for ${ref}, or take that one down first: \`cairn env down ${environment}\`.`
  );
}
