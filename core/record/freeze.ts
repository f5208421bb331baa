import { isDeepStrictEqual } from 'node:util';
import type { Ports } from '../ports.ts';
import type { Freeze } from '../runs/document.ts';
import { freezeMessage } from './message.ts';
import { environmentPage, topPage } from './pages.ts';
import { json, type RecordState } from './record.ts';
import { driftIn, EMPTY_INDEX, freezeIn, INDEX_FILE, type RecordIndex } from './schema.ts';
import { swap } from './write.ts';

/**
 * Freezes an environment (`freeze`), or lets it go (null): a commit on the record, also for an environment that was
 * never deployed. `expected` is asked with what stands there at that moment; where it says no, nothing is written.
 * Answers whether it was. Repeatable: what stands there already is not written again.
 */
export async function writeFreeze(
  ports: Pick<Ports, 'git' | 'source'>,
  repository: string,
  environment: string,
  change: { freeze: Freeze | null; by: string; at: string },
  expected: (current: Freeze | null) => boolean = () => true,
): Promise<boolean> {
  return swap<boolean>(ports, repository, environment, (current) => {
    const before = freezeIn(current?.index ?? null, environment);
    if (!expected(before)) return { unchanged: false };
    if (isDeepStrictEqual(before, change.freeze)) return { unchanged: true };
    const index = withFreeze(current?.index ?? null, environment, change.freeze);
    const pages = pagesOf(current, environment, index);
    return {
      files: [{ path: INDEX_FILE, content: json(index) }, ...pages],
      message: freezeMessage(environment, change),
      date: change.at,
      next: true,
    };
  });
}

function withFreeze(index: RecordIndex | null, environment: string, freeze: Freeze | null): RecordIndex {
  const { [environment]: _, ...others } = index?.freezes ?? {};
  const freezes = freeze === null ? others : { ...others, [environment]: freeze };
  return { ...(index ?? EMPTY_INDEX), freezes };
}

function pagesOf(current: RecordState | null, environment: string, index: RecordIndex) {
  const top = { path: 'README.md', content: topPage(index) };
  if (!current?.environment) return [top];
  const marks = { freeze: freezeIn(index, environment), drift: driftIn(index, environment) };
  const content = environmentPage(environment, current.environment, current.history, marks);
  return [top, { path: `environments/${environment}/README.md`, content }];
}
