import type { Ports } from '../ports.ts';
import type { RunDocument } from './document.ts';

export function documentKey(runId: string, n: number): string {
  return `runs/${runId}/documents/${String(n).padStart(4, '0')}.json`;
}

export async function loadDocument(ports: Pick<Ports, 'artifacts'>, key: string): Promise<RunDocument> {
  return readJson<RunDocument>(ports, key);
}

/** Writes `doc` as the successor of `former` and answers its key. */
export async function saveDocument(ports: Pick<Ports, 'artifacts'>, doc: RunDocument): Promise<string> {
  const next = { ...doc, n: doc.n + 1 };
  const key = documentKey(doc.runId, next.n);
  await ports.artifacts.put(key, JSON.stringify(next));
  return key;
}

/** JSON that Cairn itself wrote: trusted, not parsed again with a schema. */
export async function readJson<T>(ports: Pick<Ports, 'artifacts'>, key: string): Promise<T> {
  return JSON.parse(new TextDecoder().decode(await ports.artifacts.get(key))) as T;
}
