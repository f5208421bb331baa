import { type Io, painter, paintState, plain } from './io.ts';

/** What an examination found, of one thing. */
export interface Finding {
  name: string;
  status: 'ok' | 'warn' | 'fail';
  message: string;
  /** What to do about it. */
  help?: string;
}

export function showFindings(findings: Finding[], io: Io): void {
  const paint = painter(io, io.outIsTerminal);
  const width = Math.max(...findings.map(({ name }) => name.length));
  for (const { name, status, message, help } of findings) {
    io.out(`${paintState(paint, status, status.padEnd(4))}  ${name.padEnd(width)}  ${plain(message)}\n`);
    if (help !== undefined && status !== 'ok') io.out(`${' '.repeat(8 + width)}${plain(help)}\n`);
  }
}
