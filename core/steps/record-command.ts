import { isEphemeral } from '../ephemeral/name.ts';
import { commandEntry } from '../record/command-entry.ts';
import { readRecord } from '../record/read.ts';
import { writeRecord } from '../record/write.ts';
import { loadDocument } from '../runs/store.ts';
import { documentInput } from './input.ts';
import { step } from './step.ts';

/** A command that changes a state leaves its mark in Git; of an ephemeral environment the run index tells. */
export const recordCommand = step({
  input: documentInput,
  ports: ['artifacts', 'clock', 'git', 'links', 'source'],
  async run({ doc: key }, ports) {
    const doc = await loadDocument(ports, key);
    const { repository, environment, terraform } = doc;
    if (!terraform?.writes || doc.outcome === 'superseded' || isEphemeral(environment)) return {};
    if ((await readRecord(ports, repository, environment)) === null) return {};
    const at = ports.clock.now().toISOString();
    const record = await writeRecord(ports, repository, environment, (current) => {
      if (!current) throw new Error(`${environment} is not in the record any more`);
      return commandEntry(doc, current, at, ports.links);
    });
    return { number: record.deployment };
  },
});
