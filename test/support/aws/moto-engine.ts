import { readFileSync } from 'node:fs';
import path from 'node:path';
import { awsClients } from '../../../adapters/aws/clients/clients.ts';
import { stepFunctions } from '../../../adapters/aws/workflows.ts';
import { WORKFLOWS } from '../../../core/requests/run.ts';
import type { OpenEngine, WorldWork } from '../memory-engine.ts';
import { type Handler, startBridge } from './bridge.ts';
import { functionJob } from './bridge-process.ts';
import { ACCOUNT, CREDENTIALS, REGION } from './moto.ts';
import { createMachines } from './moto-machines.ts';

export interface MotoEngine {
  /** For one world after the other: the next begins when the one before is closed. */
  next(): Promise<OpenEngine>;
  close(): Promise<void>;
}

/** The workflows on moto's interpreter, in AWS wiring: Step Functions, Lambda, Batch. The steps are called here. */
export async function startMotoEngine(): Promise<MotoEngine> {
  Object.assign(process.env, CREDENTIALS);
  let world: WorldWork | null = null;
  const current = (): WorldWork => {
    if (!world) throw new Error('there is no world');
    return world;
  };
  const definitions = Object.fromEntries(WORKFLOWS.map((name) => [name, definitionOf(name)]));
  const bridge = await startBridge({
    definitions: 'any',
    concurrency: 20,
    functions: functionsOf(Object.values(definitions), current),
    runJob: ({ environment }) =>
      functionJob(async () => ((await current().job(String(environment['CAIRN_JOB']))) ? 0 : 1)),
  });
  const { states } = awsClients({ endpoint: bridge.endpoint });
  let worlds = 0;

  return {
    async next() {
      worlds += 1;
      // Runs of two worlds may have one id, so each has state machines of its own.
      const prefix = `world-${worlds}-`;
      const named = Object.entries(definitions).map(([name, definition]) => [`${prefix}${name}`, definition]);
      await createMachines({ states }, Object.fromEntries(named));
      const machines = `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:cairn-${prefix}`;
      return (work) => {
        world = work;
        return { workflows: stepFunctions(states, machines), pause: 40, close: async () => undefined };
      };
    },
    close: () => bridge.close(),
  };
}

/** With physical names, as the stacks substitute them. */
function definitionOf(workflow: string): unknown {
  const file = path.join(import.meta.dirname, '../../../workflows', `${workflow}.asl.json`);
  return JSON.parse(readFileSync(file, 'utf8').replace(/\$\{([A-Za-z]+)\}/g, 'cairn-$1'));
}

function functionsOf(definitions: unknown[], current: () => WorldWork): Record<string, Handler> {
  const names = JSON.stringify(definitions).matchAll(/"FunctionName":"cairn-([A-Za-z]+)"/g);
  const functions: Record<string, Handler> = {};
  for (const [, name = ''] of names) {
    functions[`cairn-${name}`] = async (payload) => {
      const step = current().steps[name];
      if (!step) throw new Error(`there is no step ${name}`);
      return step(payload);
    };
  }
  return functions;
}
