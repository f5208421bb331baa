import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyState, type ForgeState } from './state.ts';

export interface Store {
  state: ForgeState;
  /** Says that `state` was changed; it is written at the next `flush`, which ends every request. */
  touch(): void;
  flush(): void;
}

/** A JSON file replaced by rename: a reader, and a forge that was killed, see the old one or the new one. */
export function openStore(dir: string): Store {
  mkdirSync(dir, { recursive: true });
  const path = join(dir, 'forge.json');
  const state: ForgeState = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : emptyState();
  let dirty = false;
  return {
    state,
    touch() {
      dirty = true;
    },
    flush() {
      if (!dirty) return;
      dirty = false;
      writeFileSync(`${path}.new`, JSON.stringify(state), { mode: 0o600 });
      renameSync(`${path}.new`, path);
    },
  };
}
