/**
 * Every error that crosses a layer. The class name is the name that workflows catch (`ErrorEquals`), so a
 * rename here is a change of every `workflows/*.asl.json` that names it.
 *
 * `fault` says who can mend it: `user` (their commit, comment or configuration), `operator` (the
 * installation: keys, permissions, network), `passing` (try again).
 */
type Fault = 'user' | 'operator' | 'passing';

export abstract class CairnError extends Error {
  abstract readonly fault: Fault;

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Bad input: a request, a comment, a flag. The message says what, where and what to do. */
export class InvalidInput extends CairnError {
  readonly fault = 'user';
}

/** `cairn.yaml` does not parse or does not fit its schema. `problems` are `file:line: message` lines. */
export class InvalidConfig extends CairnError {
  readonly fault = 'user';
  readonly problems: string[];

  constructor(problems: string[], options?: { cause?: unknown }) {
    super(problems.join('\n'), options);
    this.problems = problems;
  }
}

/** The requester may not do this; the message says what would allow it. */
export class NotAllowed extends CairnError {
  readonly fault = 'user';
}

/** The thing asked for is not there (run, environment, branch, commit). */
export class NotFound extends CairnError {
  readonly fault = 'user';
}

/** The pull request does not merge cleanly into its base. */
export class MergeConflict extends CairnError {
  readonly fault = 'user';
}

/** An archive or tree holds something Cairn refuses to unpack: a link out of the checkout, `..`, a device. */
export class UnsafeSource extends CairnError {
  readonly fault = 'user';
}

/** A name that is already taken with other content (an execution, a write-once artifact). */
export class Conflict extends CairnError {
  readonly fault = 'operator';
}

/** A task token that was answered already, has timed out, or never was. Ignore it; do not retry. */
export class InvalidToken extends CairnError {
  readonly fault = 'passing';
}

/** The forge, a store or a sink did not answer, or answered that it is busy. Workflows retry this one. */
export class Unavailable extends CairnError {
  readonly fault = 'passing';
}

/** The forge refuses Cairn's own credentials or lacks a permission the App needs. */
export class ForgeRefused extends CairnError {
  readonly fault = 'operator';
}

/** The installation itself lacks something: a permission of its own role, a table, a secret's value. */
export class Misconfigured extends CairnError {
  readonly fault = 'operator';
}
