import { z } from 'zod';
import { quietOf } from '../../drift/quiet.ts';
import { resolveStanding } from '../../drift/resolve.ts';
import { isEphemeral } from '../../ephemeral/name.ts';
import type { Ports } from '../../ports.ts';
import { readToldDrift } from '../../record/drift/drift.ts';
import { readRecord } from '../../record/read.ts';
import { plural } from '../../reports/text.ts';
import type { RunDocument } from '../../runs/document.ts';
import { saveDocument } from '../../runs/store.ts';
import { tell } from '../../runs/tell.ts';
import { type RunInput, runInput, sourcePart } from '../input.ts';
import { step } from '../step.ts';

/** How long a look is waited for, in ms: its plans have two hours. */
const LONGEST = 3 * 3_600_000;

/** Every project that stands, unless somebody changes the environment at this moment. */
export const resolveDrift = step({
  input: z.object({ run: runInput, source: sourcePart, number: z.number() }),
  ports: [
    'approvals',
    'archives',
    'artifacts',
    'binaries',
    'clock',
    'ephemerals',
    'git',
    'hcl',
    'locks',
    'pulls',
    'runs',
    'sizes',
    'source',
    'status',
  ],
  async run({ run, source, number }, ports) {
    const { busy, basis } = await quietOf(ports, run);
    const at = ports.clock.now().toISOString();
    const doc = await resolveStanding(run, { commit: source.commit, number, basis, at }, ports);

    const why = busy ?? (await anotherLook(run, number, ports)) ?? (await brokenSentence(run, ports));
    if (why !== null) {
      const message = `Nothing was compared: ${why}`;
      const failure = { project: null, stage: 'content' as const, message, job: null };
      return { outcome: 'done', doc: await saveDocument(ports, { ...doc, outcome: 'superseded', failure }) };
    }
    const names = Object.keys(doc.deploy.projects);
    if (names.length === 0 && !(await wasTold(doc, ports))) {
      return { outcome: 'done', doc: await saveDocument(ports, { ...doc, outcome: 'nothing' }) };
    }
    const saved = await saveDocument(ports, doc);
    const commit = doc.commit;
    await tell(ports, doc, 'run.started', `Compares ${plural(names.length, 'project')}.`, {
      state: 'running',
      commit,
    });
    return { outcome: 'next', doc: saved };
  },
});

/**
 * Of two at once the first goes on: both would open an issue, and tell the channel. One that is not over after hours
 * broke off.
 */
async function anotherLook(
  { repository, environment }: RunInput,
  number: number,
  ports: Pick<Ports, 'clock' | 'runs'>,
): Promise<string | null> {
  const active = await ports.runs.list({
    repository,
    environment,
    workflow: 'drift',
    active: true,
    limit: 50,
  });
  const since = ports.clock.now().getTime() - LONGEST;
  const first = active.filter((run) => run.number < number && Date.parse(run.startedAt) > since).at(-1);
  return first ? `Run ${first.number} compares ${environment} already.` : null;
}

/** What a broken environment differs by was told when it broke; whoever asks by hand is shown it all the same. */
async function brokenSentence(
  { repository, environment, request }: RunInput,
  ports: Pick<Ports, 'git' | 'source'>,
): Promise<string | null> {
  if (request.origin.source !== 'schedule' || isEphemeral(environment)) return null;
  const record = await readRecord(ports, repository, environment);
  if (record?.state !== 'broken') return null;
  return `${environment} is broken, and what stands there is not what its record says. /cairn rollback ${environment} helps.`;
}

/** Then its issue is to be closed, also where nothing stands any more. */
async function wasTold(
  { repository, environment }: RunDocument,
  ports: Pick<Ports, 'git' | 'source'>,
): Promise<boolean> {
  if (isEphemeral(environment)) return false;
  const told = await readToldDrift(ports, repository, environment);
  return told !== null && told.digest !== null;
}
