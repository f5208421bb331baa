/** A failure with an ASL error name. Task handlers throw it to choose error and cause themselves. */
export class TaskFailed extends Error {
  readonly error: string;
  override readonly cause: string;

  constructor(error: string, cause: string) {
    super(`${error}: ${cause}`);
    this.name = error;
    this.error = error;
    this.cause = cause;
  }
}

/** The definition does not fit the data (a missing path, a wrong type): nothing retries or catches it. */
export function runtimeError(cause: string): TaskFailed {
  return new TaskFailed('States.Runtime', cause);
}

/** Step Functions' limit on a cause, in characters. */
const CAUSE_LIMIT = 32_768;

export function asFailure(thrown: unknown): TaskFailed {
  if (thrown instanceof TaskFailed) return thrown;
  if (!(thrown instanceof Error)) return new TaskFailed('Error', String(thrown).slice(0, CAUSE_LIMIT));
  return new TaskFailed(thrown.name, thrown.message.slice(0, CAUSE_LIMIT));
}

/** Step Functions' limit on a state's input, output or result: 256 KiB of JSON in UTF-8. */
const DATA_LIMIT = 256 * 1024;

/** The value as JSON text; throws States.DataLimitExceeded. */
export function toJson(value: unknown, what: string): string {
  const text = JSON.stringify(value ?? null);
  const bytes = Buffer.byteLength(text);
  if (bytes > DATA_LIMIT) {
    throw new TaskFailed(
      'States.DataLimitExceeded',
      `${what} is ${bytes} bytes of JSON; the limit is ${DATA_LIMIT}. Store it and pass a reference.`,
    );
  }
  return text;
}
