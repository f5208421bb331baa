import { isEphemeral } from '../../ephemeral/name.ts';
import { commandEntry, commandNews } from '../../record/command-entry.ts';
import { recordNews } from '../../record/ephemeral/ephemeral.ts';
import { readOutline } from '../../record/read.ts';
import { writeRecord } from '../../record/write.ts';
import { loadDocument } from '../../runs/store.ts';
import { documentInput } from '../input.ts';
import { step } from '../step.ts';

/** A command that changes a state leaves its mark in Git. */
export const recordCommand = step({
  input: documentInput,
  ports: ['artifacts', 'clock', 'ephemerals', 'git', 'links', 'source'],
  async run({ doc: key }, ports) {
    const doc = await loadDocument(ports, key);
    const { repository, environment, terraform } = doc;
    if (!terraform?.writes || doc.outcome === 'superseded') return {};
    const at = ports.clock.now().toISOString();
    if (isEphemeral(environment)) {
      const stands = await ports.ephemerals.get(repository, environment);
      const news = stands && commandNews(doc, stands, at);
      if (news) await recordNews(ports, repository, news);
      return {};
    }
    if ((await readOutline(ports, repository, environment)) === null) return {};
    const record = await writeRecord(ports, repository, environment, (current) => {
      if (!current) throw new Error(`${environment} is not in the record any more`);
      return commandEntry(doc, current, at, ports.links);
    });
    return { number: record.deployment };
  },
});
