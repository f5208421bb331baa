import { z } from 'zod';
import { type LaunchNeeds, resolveLaunch } from '../../ephemeral/resolve-launch.ts';
import { itemOf } from '../../jobs/item.ts';
import { buildOrder } from '../../jobs/orders.ts';
import { writeOrders } from '../../jobs/write-orders.ts';
import type { Ports } from '../../ports.ts';
import { plural } from '../../reports/text.ts';
import type { RunDocument } from '../../runs/document.ts';
import { saveDocument } from '../../runs/store.ts';
import { tell } from '../../runs/tell.ts';
import { runInput, sourcePart } from '../input.ts';
import { step } from '../step.ts';

/** Its projects with states of their own. Whatever would touch what is permanent is refused here. */
export const resolveEphemeral = step({
  input: z.object({ run: runInput, source: sourcePart, number: z.number(), fence: z.number() }),
  ports: [
    'archives',
    'artifacts',
    'binaries',
    'clock',
    'ephemerals',
    'git',
    'hcl',
    'pulls',
    'sizes',
    'source',
    'status',
    'trace',
  ],
  async run({ run, source, number, fence }, ports) {
    const { request } = run;
    if (request.command !== 'ephemeral') throw new Error(`a ${request.command} makes nothing`);
    const doc = await resolveLaunch({ run, request, commit: source.commit, number, fence }, ports);
    return begin(doc, ports);
  },
});

async function begin(
  doc: RunDocument,
  ports: LaunchNeeds & Pick<Ports, 'clock' | 'status' | 'trace'>,
): Promise<Record<string, unknown>> {
  const { build } = doc.policy;
  const order = build ? buildOrder(doc, build, doc.ephemeral?.rules?.variables ?? {}) : null;
  const next: RunDocument = order ? { ...doc, build: { job: order.prefix, outputs: null } } : doc;
  if (order) await writeOrders([order], ports);
  const saved = await saveDocument(ports, next);
  const count = Object.keys(doc.deploy.projects).length;
  await tell(ports, next, 'run.started', `Plans ${plural(count, 'project')}.`, { state: 'running' });
  return order ? { outcome: 'build', build: itemOf(order), doc: saved } : { outcome: 'next', doc: saved };
}
