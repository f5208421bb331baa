import dynalite from 'dynalite';
import { listen } from '../http.ts';

/** DynamoDB on 127.0.0.1, in memory: always there, also where moto is not. It knows no transactions. */
export async function startDynalite(): Promise<{ endpoint: string; close(): Promise<void> }> {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0 });
  const { url: endpoint, close } = await listen(server);
  return { endpoint, close };
}
