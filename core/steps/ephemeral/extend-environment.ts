import { z } from 'zod';
import { CONFIG_FILE, configAt } from '../../config/load-config.ts';
import type { EphemeralConfig } from '../../config/types.ts';
import type { Ephemeral } from '../../ephemeral/environment.ts';
import { NO_POLICY } from '../../ephemeral/no-policy.ts';
import { partOf } from '../../ephemeral/part.ts';
import { scheduleEnd, unschedule } from '../../ephemeral/schedules.ts';
import { endFrom } from '../../ephemeral/times.ts';
import { InvalidInput, NotFound, Unavailable } from '../../errors.ts';
import type { Ports } from '../../ports.ts';
import type { ExtendRequest } from '../../requests/request.ts';
import { newDocument } from '../../runs/document.ts';
import { findPull, pullPart } from '../../runs/pull-part.ts';
import { documentKey, saveDocument } from '../../runs/store.ts';
import { type RunInput, runInput } from '../input.ts';
import { step } from '../step.ts';

/** Somebody else moves it at the same time, or the sweep writes it: more do not meet. */
const ATTEMPTS = 10;
/** Runs that are remembered to have moved it: a step is repeated within minutes. */
const REMEMBERED = 20;

/** Moves the end of an ephemeral environment within what the default branch allows, and its schedules with it. */
export const extendEnvironment = step({
  input: z.object({ run: runInput, number: z.number() }),
  ports: ['artifacts', 'clock', 'ephemerals', 'pulls', 'schedules', 'source'],
  async run({ run, number }, ports) {
    const { request, repository } = run;
    if (request.command !== 'extend') throw new Error(`a ${request.command} moves no end`);
    const main = await ports.source.defaultBranch(repository);
    const config = await configAt(ports, repository, main);
    const rules = config?.ephemeral;
    if (!rules) {
      throw new InvalidInput(
        `${CONFIG_FILE} on ${main} has no "ephemeral" any more, so no end can be moved: what stands goes when its time is up, or now with \`cairn env down ${run.environment}\`.`,
      );
    }
    const channel = config.notifications.slack?.channel ?? null;
    const extended = await extend({ run, number, request, rules, channel }, ports);
    await scheduleNewest(extended, rules.warn, ports);
    return { outcome: 'extended', doc: documentKey(run.runId, 1) };
  },
});

interface Extending {
  run: RunInput;
  number: number;
  request: ExtendRequest;
  rules: EphemeralConfig;
  channel: string | null;
}

/** `4h` later than its end by now: whoever is second adds to what the first one made of it. */
async function extend(
  of: Extending,
  ports: Pick<Ports, 'artifacts' | 'clock' | 'ephemerals' | 'pulls'>,
): Promise<Ephemeral> {
  const { repository, environment } = of.run;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const known = await ports.ephemerals.get(repository, environment);
    if (!known) throw new NotFound(`There is no ephemeral environment "${environment}" any more.`);
    // A step that is repeated does not add once more, whoever else has moved it since.
    const { movedBy = [] } = known;
    if (movedBy.includes(of.run.runId)) return known;
    const next = {
      ...known,
      ...endOf(known, of, ports.clock.now()),
      movedBy: [...movedBy, of.run.runId].slice(-REMEMBERED),
    };
    await decide(of, next, ports);
    if (await ports.ephemerals.update(next)) return next;
  }
  throw new Unavailable(`${environment} was changed ${ATTEMPTS} times while its end was moved.`);
}

function endOf(known: Ephemeral, { request, rules }: Extending, now: Date): { endsAt: string | null } {
  const { environment, state, startedAt, endsAt } = known;
  if (state === 'destroying') {
    throw new InvalidInput(`${environment} is being destroyed: its end cannot be moved any more.`);
  }
  if (state === 'leaked') {
    throw new InvalidInput(
      `${environment} could not be destroyed: it has no end that could be moved. \`cairn env down ${environment}\` tries again.`,
    );
  }
  const { maxTtl, allowNever } = rules;
  const wish = { ttl: request.ttl, at: request.at };
  return endFrom(wish, { now, startedAt, endsAt, maxTtl, allowNever });
}

/** Of two who move it at the same time the slower one must not schedule what the other has moved since. */
async function scheduleNewest(
  extended: Ephemeral,
  warnSeconds: number,
  ports: Pick<Ports, 'ephemerals' | 'schedules'>,
): Promise<void> {
  for (let newest = extended; ; ) {
    await scheduleEnd(ports, newest, warnSeconds);
    const now = await ports.ephemerals.get(newest.repository, newest.environment);
    if (!now) return unschedule(ports, newest);
    if (now.endsAt === newest.endsAt) return;
    newest = now;
  }
}

/** Before it is done: what was done has its document, whenever this is cut short. */
async function decide(
  { run, number, request, channel }: Extending,
  next: Ephemeral,
  ports: Pick<Ports, 'artifacts' | 'pulls'>,
): Promise<void> {
  const pull = await findPull(ports, run.repository, next.pull ?? request.pull ?? null);
  const doc = newDocument(run, {
    runNumber: number,
    pull: pull && pullPart(pull),
    commit: next.commit ?? '',
    policy: NO_POLICY,
    slackChannel: channel,
    ephemeral: partOf(next),
    outcome: 'extended',
  });
  await saveDocument(ports, doc);
}
