import { z } from 'zod';
import { takeDown } from '../../environments/take-down.ts';
import { isEphemeral } from '../../ephemeral/name.ts';
import { resolveEnd } from '../../ephemeral/resolve-end.ts';
import { saveDocument } from '../../runs/store.ts';
import { tell } from '../../runs/tell.ts';
import { runInput } from '../input.ts';
import { step } from '../step.ts';

/** Every project that may hold state, the last applied first, each as it was applied. */
export const resolveDestroy = step({
  input: z.object({ run: runInput, number: z.number(), fence: z.number() }),
  ports: [
    'archives',
    'artifacts',
    'binaries',
    'clock',
    'ephemerals',
    'git',
    'hcl',
    'pulls',
    'schedules',
    'sizes',
    'source',
    'status',
  ],
  async run({ run, number, fence }, ports) {
    const { request } = run;
    if (request.command !== 'destroy') throw new Error(`a ${request.command} destroys nothing`);
    const resolve = isEphemeral(run.environment) ? resolveEnd : takeDown;
    const doc = await resolve(run, request, { number, fence }, ports);
    const saved = await saveDocument(ports, doc);
    if (doc.outcome !== null) return { outcome: 'done', doc: saved };
    const names = doc.deploy.waves.flat().join(', ');
    await tell(ports, doc, 'run.started', `Destroys ${names}.`, { state: 'running', commit: doc.commit });
    return { outcome: 'next', doc: saved };
  },
});
