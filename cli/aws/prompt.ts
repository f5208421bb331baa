import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

/** Asks whoever sits in front of the terminal; '' where nobody does. */
export type Ask = (question: string, options?: { hidden?: boolean }) => Promise<string>;

export const askOnTerminal: Ask = async (question, { hidden = false } = {}) => {
  if (!process.stdin.isTTY) return '';
  process.stderr.write(question);
  // What is typed is written by readline, not by the terminal: without an output it stays unseen.
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({
    input: process.stdin,
    output: hidden ? unseen : process.stderr,
    terminal: hidden,
  });
  try {
    return (await lines.question('')).trim();
  } finally {
    lines.close();
    if (hidden) process.stderr.write('\n');
  }
};
