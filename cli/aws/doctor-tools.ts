import { setTimeout as sleep } from 'node:timers/promises';
import type { Io } from '../io.ts';
import { type OperatorClients, operatorClients } from './clients.ts';

/** What the examination needs beside the clients' answers: tests give their own. */
export interface DoctorTools {
  clients(region: string): OperatorClients;
  /** Of an emulator. */
  githubUrl?: string;
  /** Between two looks at something that takes its time. */
  pause(ms: number): Promise<void>;
  now(): number;
}

export function doctorTools(io: Io): DoctorTools {
  return {
    clients: (region) => operatorClients(region, io.env['AWS_ENDPOINT_URL']),
    pause: (ms) => sleep(ms, undefined, { signal: io.signal }),
    now: Date.now,
  };
}
