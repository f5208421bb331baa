import type { Ports } from '../ports.ts';
import type { RunDocument } from '../runs/document.ts';
import { itemOf, type JobItem } from './item.ts';
import type { JobOrder } from './order.ts';

/** Writes each order where its job looks for it, and answers with what a workflow needs to submit them. */
export async function writeOrders(
  orders: JobOrder[],
  ports: Pick<Ports, 'artifacts' | 'trace'>,
): Promise<JobItem[]> {
  const { trace } = ports;
  await Promise.all(
    orders.map((o) => ports.artifacts.put(`${o.prefix}/order.json`, JSON.stringify({ ...o, trace }))),
  );
  return orders.map(itemOf);
}

/** What a job's prefix has that no other job knows (hex): the same for a step that is repeated. */
export async function jobSecret(
  { runId }: Pick<RunDocument, 'runId'>,
  jobId: string,
  { keys }: Pick<Ports, 'keys'>,
): Promise<string> {
  return keys.runKey(`${runId}/${jobId}`);
}
