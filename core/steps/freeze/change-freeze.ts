import { z } from 'zod';
import { frozenSentence, inForce, minutes } from '../../environments/freeze.ts';
import { endWait, thawSlot } from '../../environments/thaw.ts';
import { scheduleThaw, unscheduleThaw } from '../../environments/thaw-schedule.ts';
import { untilOf } from '../../environments/until.ts';
import { isEphemeral } from '../../ephemeral/name.ts';
import { InvalidConfig, InvalidInput, NotFound } from '../../errors.ts';
import type { Ports } from '../../ports.ts';
import { writeFreeze } from '../../record/freeze.ts';
import { readFreeze } from '../../record/read.ts';
import { sayInChannel } from '../../requests/channel.ts';
import {
  type FreezeRequest,
  freezeRequest,
  type UnfreezeRequest,
  unfreezeRequest,
} from '../../requests/request.ts';
import type { Freeze } from '../../runs/document.ts';
import { deployRefusedHead, type RefusedHead, refusedHead } from '../../runs/refused-head.ts';
import { step } from '../step.ts';

const changePorts = [
  'approvals',
  'artifacts',
  'chat',
  'clock',
  'git',
  'links',
  'runs',
  'schedules',
  'sent',
  'source',
  'workflows',
] as const;
type Needs = Pick<Ports, (typeof changePorts)[number]>;

/**
 * Freezes an environment or lets it go, at once: no run, no lock. What is known is written to the record first;
 * whoever asks for a deploy from then on meets it. Answers a sentence for people.
 */
export const changeFreeze = step({
  input: z.discriminatedUnion('command', [freezeRequest, unfreezeRequest]),
  ports: changePorts,
  async run(request, ports) {
    if (isEphemeral(request.environment)) {
      throw new InvalidInput(
        `${request.environment} has a time of its own and cannot be frozen: /cairn extend or /cairn down changes it.`,
      );
    }
    return request.command === 'freeze' ? freeze(request, ports) : unfreeze(request, ports);
  },
});

/** What was found when this very request came for the first time: asked again after a crash it says the same. */
interface Note {
  at: string;
  before: Freeze | null;
}

async function noteOf(request: FreezeRequest | UnfreezeRequest, ports: Needs): Promise<Note> {
  const { repository, environment, origin } = request;
  const key = `freeze/${repository}/${environment}/${origin.trigger}`;
  const known = await ports.sent.get(key);
  if (known) return JSON.parse(known.id) as Note;
  const note: Note = {
    at: ports.clock.now().toISOString(),
    before: await readFreeze(ports, repository, environment),
  };
  await ports.sent.put(key, { id: JSON.stringify(note), order: 0 });
  return note;
}

async function freeze(request: FreezeRequest, ports: Needs): Promise<Record<string, unknown>> {
  const { repository, environment, reason, origin } = request;
  const { at, before } = await noteOf(request, ports);
  const until = request.until === undefined ? null : untilOf(request.until, new Date(at));
  const by = origin.login ?? origin.source;
  const frozen: Freeze = { by, reason, at, until: until?.toISOString() ?? null };

  // The schedule comes first: one that finds no freeze does nothing, a freeze without one would never end.
  if (frozen.until !== null) await scheduleThaw(ports, request, frozen.until);
  await writeFreeze(ports, repository, environment, { freeze: frozen, by, at });
  if (frozen.until === null) await unscheduleThaw(ports, request);

  const stood = before !== null && inForce(before, new Date(at));
  const instead = !stood ? '' : ` It was frozen by ${before.by} before: ${before.reason}.`;
  const message = `${frozenSentence(environment, frozen)}.${instead} \`${typed(request)} unfreeze ${environment}\` ends it.`;
  return { ...(await said(request, message, ports)), frozen };
}

async function unfreeze(request: UnfreezeRequest, ports: Needs): Promise<Record<string, unknown>> {
  const { repository, environment, origin } = request;
  const { at, before } = await noteOf(request, ports);
  const byTime = origin.source === 'schedule';
  // A time that was moved since is another schedule's.
  const isOver = (freeze: Freeze | null) => freeze === null || (freeze.until !== null && freeze.until <= at);
  if (byTime && !isOver(before))
    return { outcome: 'nothing', message: `${environment} is frozen for longer.` };

  const by = origin.login ?? (byTime ? 'its time' : origin.source);
  const change = { freeze: null, by, at };
  await writeFreeze(ports, repository, environment, change, byTime ? isOver : undefined);
  // One that came is gone by itself; what has its name by now is that of a newer freeze.
  if (!byTime) await unscheduleThaw(ports, request);

  const next = await nextOf(request, ports);
  if (next.waits) await endWait(ports, repository, environment);
  const started = next.refused ? await deployRefusedHead(request, next.refused, ports) : null;
  if (before === null && !next.waits && !next.refused) {
    if (byTime) return { outcome: 'nothing', message: `${environment} is not frozen.` };
    throw new NotFound(`${environment} is not frozen.`);
  }
  const was =
    before === null ? '' : ` It was frozen by ${before.by} since ${minutes(before.at)}: ${before.reason}.`;
  const lines = [`${environment} is unfrozen by ${by}.${was}`];
  if (next.waits) {
    const { commit, runId } = next.waits;
    lines.push(`The deploy of ${commit.slice(0, 7)} that waited goes on: ${ports.links.run(runId)}`);
  }
  if (next.refused && started) {
    const commit = next.refused.commit.slice(0, 7);
    lines.push(`${commit}, which was refused meanwhile, is deployed now: ${ports.links.run(started)}`);
  }
  if (next.trouble !== undefined) {
    lines.push(
      `Nothing that was refused meanwhile is deployed, since nobody knows its branch. Once cairn.yaml is mended, \`${typed(request)} deploy ${environment}\` does so: ${next.trouble}`,
    );
  }
  return said(request, lines.join('\n'), ports);
}

/** What goes on after the thaw. */
interface Next {
  waits: { runId: string; commit: string } | null;
  refused: RefusedHead | null;
  /** Why it is not known whether a head was refused. */
  trouble?: string;
}

/** Looked for once the record says that it is over, so that nothing is refused or begins to wait any more. */
async function nextOf(request: UnfreezeRequest, ports: Needs): Promise<Next> {
  const { repository, environment, origin } = request;
  const key = `thaw/${repository}/${environment}/${origin.trigger}`;
  const known = await ports.sent.get(key);
  if (known) return JSON.parse(known.id) as Next;
  const waiting = await ports.approvals.get(repository, thawSlot(environment));
  const next: Next = {
    waits: waiting && { runId: waiting.runId, commit: waiting.commit },
    ...(await headOf(request, ports)),
  };
  await ports.sent.put(key, { id: JSON.stringify(next), order: 0 });
  return next;
}

/** An environment is unfrozen whatever stands in cairn.yaml at that moment. */
async function headOf(request: UnfreezeRequest, ports: Needs): Promise<Pick<Next, 'refused' | 'trouble'>> {
  try {
    return { refused: await refusedHead(request, ports) };
  } catch (error) {
    if (!(error instanceof InvalidConfig)) throw error;
    return { refused: null, trouble: error.message };
  }
}

/** As a command begins where the answer is read. */
function typed({ origin: { source } }: FreezeRequest | UnfreezeRequest): string {
  return source === 'api' || source === 'cli' ? 'cairn' : '/cairn';
}

async function said(
  request: FreezeRequest | UnfreezeRequest,
  message: string,
  ports: Needs,
): Promise<{ outcome: string; message: string }> {
  const untold = await sayInChannel(request, message, ports);
  return { outcome: 'done', message: untold === null ? message : `${message}\n${untold}` };
}
