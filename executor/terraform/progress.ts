/** What terraform says about a resource, and never more of the line: an id may be a secret. */
const PROGRESS =
  /^([\w.[\]"/@-]+: (?:(?:Creating|Modifying|Destroying|Reading|Refreshing state|Still \w+)\.\.\.(?: \[\d\w* elapsed\])?|\w+ complete after \w+|Provisioning with '[\w-]+'\.\.\.))/;

/** Cuts a stream into lines and hands on those that tell of progress. */
export function progressOf(show: (line: string) => void): (chunk: string) => void {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const progress = PROGRESS.exec(line)?.[1];
      if (progress) show(progress);
    }
  };
}

/** Of terraform's diagnostics only what kind they are and where they stand. */
export function headsOf(stderr: string): string {
  return stderr
    .split('\n')
    .map((line) => line.replace(/^[│╷╵]\s?/, ''))
    .filter((line) => /^(Error: |Warning: |\s+(with|on) \S)/.test(line))
    .join('\n');
}
