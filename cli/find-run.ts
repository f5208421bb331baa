import type { Run } from '../core/requests/run.ts';
import type { Client } from './client.ts';
import { CliError, EXIT } from './exit.ts';

/** A run by its number ("12"), its id, or the beginning of one. */
export async function findRunId(
  client: Client,
  repository: string | undefined,
  text: string,
): Promise<string> {
  if (/^[0-9a-f]{20}$/.test(text)) return text;
  const query = repository === undefined ? '' : `&repository=${encodeURIComponent(repository)}`;
  const { runs } = await client.get<{ runs: Run[] }>(`/runs?limit=200${query}`);
  const found = /^\d{1,9}$/.test(text)
    ? runs.filter((run) => run.number === Number(text))
    : runs.filter((run) => text.length >= 4 && run.id.startsWith(text));
  const [run, ...more] = found;
  if (run && more.length === 0) return run.id;
  throw new CliError(
    run ? EXIT.usage : EXIT.refused,
    run
      ? `There are several runs called ${text}: name the repository with --repository, or give the whole id: ${found.map(({ id }) => id).join(', ')}.`
      : `There is no run ${JSON.stringify(text)} among the newest 200; \`cairn runs\` lists them.`,
  );
}
