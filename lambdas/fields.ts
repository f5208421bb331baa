/** What a log line may say of an event: ids, never a body. */
export function fieldsOf(event: unknown): Record<string, string> {
  const runId = runOf(event);
  const deliveryId = text(event, 'headers', 'x-github-delivery');
  return {
    ...(runId === undefined ? {} : { runId }),
    ...(deliveryId === undefined
      ? {}
      : { deliveryId: deliveryId.replace(/[^A-Za-z0-9-]/g, '?').slice(0, 100) }),
  };
}

/** A step's input names its run, or the run's document `runs/<run>/documents/…`. */
function runOf(event: unknown): string | undefined {
  const named = text(event, 'runId') ?? text(event, 'run', 'runId');
  const id = named ?? /^runs\/([^/]+)\//.exec(text(event, 'doc') ?? '')?.[1];
  return id !== undefined && /^[0-9a-f]{20}$/.test(id) ? id : undefined;
}

function text(value: unknown, ...path: string[]): string | undefined {
  let at = value;
  for (const key of path) {
    at = typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[key] : undefined;
  }
  return typeof at === 'string' ? at : undefined;
}
