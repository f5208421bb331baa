import { gunzipSync, gzipSync } from 'node:zlib';
import type { Ephemeral } from '../../../core/ephemeral/environment.ts';
import { Unavailable } from '../../../core/errors.ts';
import type { Ephemerals } from '../../../core/ports.ts';
import { pause } from '../clients/retry.ts';
import { count, type Item, type Items, type Key, text } from './items.ts';

/**
 * An item per environment, and per repository one with their names, which is what the limit is counted by. No
 * write touches both, so this is what keeps them together:
 *
 * - Names are written by compare and swap, and one is added only while there are fewer than the limit.
 * - A claim adds the name, then writes the environment (whoever writes it first has it), then writes the names
 *   once more with its own among them: only then is it `claimed`. Nobody counts less than there is, and the limit
 *   is never passed.
 * - A name without an environment is left by a claim or a removal that was cut short. It is taken out by whoever
 *   read the names, saw no environment AFTER that, and swaps the names that it read. A claim that goes on meanwhile
 *   either wrote the names in between, so that this swap fails, or finds its name gone in its own second write and
 *   adds it again, or gives the environment back if there is no room any more.
 * - The next claim of the same run goes on where the last one was cut short. `list` takes out names that nothing
 *   stands behind, and adds the name of an environment that has none: one too many, rather than one that nobody
 *   counts.
 */
export function dynamodbEphemerals(items: Items): Ephemerals {
  /** Names, changed. `change` answers null to leave them; may be called again with newer ones. */
  async function changeNames(
    repository: string,
    change: (names: ReadonlySet<string>) => Promise<Iterable<string> | null> | Iterable<string> | null,
  ): Promise<boolean> {
    const key = namesKey(repository);
    for (let attempt = 0; ; attempt++) {
      const stored = await items.get(key);
      const next = await change(namesOf(stored));
      if (next === null) return false;

      const version = stored ? count(stored, 'version') : 0;
      const done = await items.put(
        { ...key, names: JSON.stringify([...next].sort()), version: version + 1 },
        stored
          ? { text: '#version = :before', values: { before: version } }
          : { text: 'attribute_not_exists(#pk)' },
      );
      if (done) return true;
      if (!(await pause(attempt))) {
        throw new Unavailable(`The ephemeral environments of ${repository} are asked for too often at once.`);
      }
    }
  }

  /** Writes the names with this one among them, also if it is; false if there is no room for it. */
  const hold = (repository: string, name: string, most: number) =>
    changeNames(repository, (names) =>
      names.has(name) || names.size < most ? new Set([...names, name]) : null,
    );

  const reserve = async (repository: string, name: string, most: number) =>
    namesOf(await items.get(namesKey(repository))).has(name) || hold(repository, name, most);

  /** Takes a name out that no environment stands behind. */
  const tidy = (repository: string, name: string) =>
    changeNames(repository, async (names) => {
      if (!names.has(name) || (await items.get(keyOf(repository, name)))) return null;
      return [...names].filter((other) => other !== name);
    });

  return {
    async claim(environment, most) {
      const { repository, environment: name, runId } = environment;
      const key = keyOf(repository, name);
      for (let attempt = 0; ; attempt++) {
        const known = await items.get(key);
        if (known && text(known, 'runId') !== runId) return 'exists';
        if (!known) {
          if (!(await reserve(repository, name, most))) return 'full';
          const item = itemOf({ ...environment, version: 1 });
          if (!(await items.put(item, { text: 'attribute_not_exists(#pk)' }))) continue;
        }
        if (await hold(repository, name, most)) return 'claimed';
        // Its name was taken out as one that nothing stands behind, and the room is gone.
        const fresh = { text: '#version = :first and #runId = :runId', values: { first: 1, runId } };
        if (await items.delete(key, fresh)) return 'full';
        if (!(await pause(attempt))) throw new Unavailable(`${name} of ${repository} changes all the time.`);
      }
    },
    async get(repository, environment) {
      const stored = await items.get(keyOf(repository, environment));
      return stored && ephemeralOf(stored);
    },
    update: (environment) => {
      const { version } = environment;
      return items.put(itemOf({ ...environment, version: version + 1 }), {
        text: '#version = :before',
        values: { before: version },
      });
    },
    async list(repository) {
      const names = namesOf(await items.get(namesKey(repository)));
      const found: Ephemeral[] = [];
      for await (const page of items.query({ pk: partition(repository), prefix: ENVIRONMENT })) {
        found.push(...page.map(ephemeralOf));
      }
      const there = new Set(found.map(({ environment }) => environment));
      for (const name of names) if (!there.has(name)) await tidy(repository, name);
      for (const name of there) {
        if (!names.has(name)) await hold(repository, name, Number.POSITIVE_INFINITY);
      }
      return found.sort((a, b) => (a.environment < b.environment ? -1 : 1));
    },
    async remove({ repository, environment, version }) {
      const condition = { text: '#version = :version', values: { version } };
      const gone = await items.delete(keyOf(repository, environment), condition);
      if (gone) await tidy(repository, environment);
      return gone;
    },
  };
}

const ENVIRONMENT = 'environment#';
const LARGE = 50_000;

function partition(repository: string): string {
  return `ephemerals#${repository}`;
}

function keyOf(repository: string, environment: string): Key {
  return { pk: partition(repository), sk: `${ENVIRONMENT}${environment}` };
}

function namesKey(repository: string): Key {
  return { pk: partition(repository), sk: 'names' };
}

function itemOf(environment: Ephemeral) {
  const { repository, environment: name, version, runId } = environment;
  return { ...keyOf(repository, name), version, runId, body: packed(JSON.stringify(environment)) };
}

function ephemeralOf(item: Item): Ephemeral {
  return JSON.parse(unpacked(text(item, 'body'))) as Ephemeral;
}

/** An item holds 400 KB, and what 300 projects need for their end is more than that, much of it the same. */
function packed(json: string): string {
  return json.length < LARGE ? json : gzipSync(json).toString('base64');
}

function unpacked(body: string): string {
  return body.startsWith('{') ? body : gunzipSync(Buffer.from(body, 'base64')).toString('utf8');
}

function namesOf(item: Item | null): ReadonlySet<string> {
  return new Set(item ? (JSON.parse(text(item, 'names')) as string[]) : []);
}
