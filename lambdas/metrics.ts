/**
 * Metrics of our own, in CloudWatch. Lambda counts invocations, errors and durations of each function for
 * nothing, so none is sent while all is well; every metric here is billed for each hour in which it is sent, by name and dimensions, so a function
 * is no dimension where its log line says it too.
 */
export const NAMESPACE = 'Cairn';
export const SERVICE = 'cairn';

/** Name -> its dimensions besides `service`. */
export const METRICS = {
  /** Pieces of work that failed, by the error's class; a message of a queue is one. */
  Errors: ['error'],
  /** Requests that Cairn turned down; who asked was told, where there is a place for it. */
  Refused: [],
  /** Deliveries of webhooks: `accepted`, `duplicate`, `ignored`, `refused`. */
  Webhooks: ['outcome'],
  /** Locks whose run is over and that a sweep could not free, one for each. */
  StuckLocks: [],
  /** Ephemeral environments of which a destroy left something, one for each, whenever a sweep sees them. */
  Leaked: [],
  /** Answers of 500 and above, by function. */
  HttpErrors: ['function'],
} as const satisfies Record<string, readonly string[]>;

export type MetricName = keyof typeof METRICS;
export type Dimensions<Name extends MetricName> = Record<(typeof METRICS)[Name][number], string>;
