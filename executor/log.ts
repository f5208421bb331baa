import { closeSync, openSync, writeSync } from 'node:fs';
import { createScrubber } from '../core/plans/scrub.ts';

/** `out/log.txt`: scrubbed, appended live. What cannot be written is dropped: no log is worth an apply. */
export interface Log {
  line(text: string): void;
  /** A text of several lines, as a block. */
  block(text: string): void;
  /** From here on these are taken out too. */
  hide(secrets: readonly string[]): void;
  scrub(text: string): string;
  close(): void;
}

/** `tee` gets what is written, once more: a live log beside the file. */
export function openLog(path: string, tee: (text: string) => void = () => undefined): Log {
  let fd: number | null = null;
  try {
    fd = openSync(path, 'a', 0o600);
  } catch {
    fd = null;
  }
  const secrets = new Set<string>();
  let scrub = (text: string): string => text;
  const write = (text: string): void => {
    tee(text);
    if (fd === null) return;
    try {
      writeSync(fd, text);
    } catch {
      // A full disk shows in the result.
    }
  };
  return {
    line: (text) => write(`${scrub(text)}\n`),
    block: (text) => {
      const shown = scrub(text).trimEnd();
      if (shown !== '') write(`${shown}\n`);
    },
    hide(more) {
      const before = secrets.size;
      for (const secret of more) secrets.add(secret);
      if (secrets.size > before) scrub = createScrubber([...secrets]);
    },
    scrub: (text) => scrub(text),
    close() {
      if (fd !== null) closeSync(fd);
      fd = null;
    },
  };
}
