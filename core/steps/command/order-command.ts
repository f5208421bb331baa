import { defaultConfig } from '../../config/config.ts';
import { configAt } from '../../config/load-config.ts';
import { freezeOf } from '../../environments/freeze.ts';
import { commandId, commandOrder } from '../../jobs/orders.ts';
import { jobSecret, writeOrders } from '../../jobs/write-orders.ts';
import type { RunDocument } from '../../runs/document.ts';
import { loadDocument, saveDocument } from '../../runs/store.ts';
import { tell } from '../../runs/tell.ts';
import { checkCommand, inWords } from '../../terraform/check-command.ts';
import { documentInput } from '../input.ts';
import { step } from '../step.ts';
import { refusedBy } from './hold-command.ts';

/**
 * Writes the order of the command's job. What changes a state is not run where its environment was frozen meanwhile,
 * or where the default branch does not list it any more: a person may have taken days to agree.
 */
export const orderCommand = step({
  input: documentInput,
  ports: ['artifacts', 'clock', 'git', 'keys', 'source', 'status', 'trace'],
  async run({ doc: key }, ports) {
    const doc = await loadDocument(ports, key);
    const { terraform } = doc;
    const progress = terraform ? doc.deploy.projects[terraform.project] : undefined;
    if (!terraform || !progress) throw new Error(`run ${doc.runId} has no command`);
    const freeze = terraform.writes ? await freezeOf(ports, doc.repository, doc.environment) : null;
    if (freeze) return { outcome: 'done', doc: await saveDocument(ports, refusedBy(doc, freeze)) };
    if (terraform.writes) {
      const main = await ports.source.defaultBranch(doc.repository);
      const config = (await configAt(ports, doc.repository, main)) ?? defaultConfig(main);
      checkCommand(terraform.args, config.commands.allow);
    }

    const { args, writes, project } = terraform;
    const secret = await jobSecret(doc, commandId(doc, project, writes), ports);
    const order = commandOrder(doc, progress, { args, writes, secret });
    const [item] = await writeOrders([order], ports);
    const next: RunDocument = { ...doc, terraform: { ...terraform, job: order.prefix } };
    const saved = await saveDocument(ports, next);
    const message = `Runs ${inWords(terraform.args)} in ${terraform.project} of ${doc.environment}.`;
    await tell(ports, next, 'run.started', message, { state: 'running', commit: doc.commit });
    return { outcome: 'run', item, doc: saved };
  },
});
