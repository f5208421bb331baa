import { isDeepStrictEqual } from 'node:util';
import { DescribeExecutionCommand, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AwsClients, awsClients } from '../../../adapters/aws/clients/clients.ts';
import { scriptedFunctions } from '../../local/engine/functions.ts';
import { ASL_CASES, type AslCase } from '../../support/asl-cases.ts';
import { type Bridge, type Handler, startBridge } from '../../support/aws/bridge.ts';
import { CREDENTIALS, NO_MOTO } from '../../support/aws/moto.ts';
import { createMachines, STATE_MACHINES } from '../../support/aws/moto-machines.ts';
import { until } from '../../support/until.ts';

/** What an execution came to. */
interface Told {
  output: unknown;
  error: string | undefined;
  cause: string | undefined;
  /** When the function that is counted was called, in ms. */
  calls: number[];
  ms: number;
}

/** What moto 5.2.1 gets wrong, each with what it does instead. The engine of one machine gets them right. */
const WRONG: Record<string, string> = {
  choice_matches_qmark_literal: 'a ? in StringMatches stands for any character',
  choice_ts: 'a timestamp with an offset cannot be compared (our subset has only those that end in Z)',
  choice_missing_var: 'a missing variable matches no rule, where AWS fails with States.Runtime',
  catch_nochoice_uncaught: 'an error whose name begins with States. does not leave a branch',
  heartbeat: 'a heartbeat that does not come is States.Timeout, not States.HeartbeatTimeout',
  intr_array: 'States.Array drops null',
};

describe.skipIf(NO_MOTO)(`ASL on moto${NO_MOTO ? ` (skipped: ${NO_MOTO})` : ''}`, () => {
  const functions: Record<string, Handler> = {};
  let bridge: Bridge;
  let clients: AwsClients;

  beforeAll(async () => {
    Object.assign(process.env, CREDENTIALS);
    const runJob = () => {
      throw new Error('no case has a job');
    };
    bridge = await startBridge({ functions, runJob });
    clients = awsClients({ endpoint: bridge.endpoint });
  });
  afterAll(() => bridge.close());

  test.concurrent.each(ASL_CASES)('$id', async (one) => {
    const told = await run(one).catch((error: unknown) => `it does not run: ${String(error)}`);

    const wrong = typeof told === 'string' ? told : mistakeOf(one, told);
    if (one.id in WRONG)
      expect(wrong, `moto gets it right: "${WRONG[one.id]}" is no longer so`).not.toBeNull();
    else expect(wrong).toBeNull();
  });

  test('every case that is listed is one', () => {
    const ids = ASL_CASES.map(({ id }) => id);

    expect(Object.keys(WRONG).filter((id) => !ids.includes(id))).toEqual([]);
  });

  async function run({ id, definition, input, countCallsOf }: AslCase): Promise<Told> {
    const { calls, functions: scripts } = scriptedFunctions();
    const name = id.replaceAll('_', '-');
    for (const [script, answer] of Object.entries(scripts)) {
      functions[`${name}-${script}`] = async (payload) => answer(payload as never);
    }
    // Functions of its own, so that ASL_CASES run side by side and count their own calls.
    const text = JSON.stringify(definition).replace(
      /("FunctionName":"|:function:)([a-z]+)"/g,
      `$1${name}-$2"`,
    );
    await createMachines(clients, { [name]: JSON.parse(text) });
    const before = performance.now();
    const command = { stateMachineArn: `${STATE_MACHINES}${name}`, name, input: JSON.stringify(input) };
    const { executionArn } = await clients.states.send(new StartExecutionCommand(command));
    const { output, error, cause } = await until(`the end of ${id}`, async () => {
      const described = await clients.states.send(new DescribeExecutionCommand({ executionArn }));
      return described.status !== 'RUNNING' && described;
    });
    const parsed: unknown = output === undefined ? undefined : JSON.parse(output);
    return {
      output: parsed,
      error,
      cause,
      calls: calls.get(countCallsOf ?? '') ?? [],
      ms: performance.now() - before,
    };
  }
});

/** What is not as it has to be; null if all is. */
function mistakeOf({ expect: wanted }: AslCase, { output, error, cause, calls, ms }: Told): string | null {
  const shown = JSON.stringify({ output, error, cause });
  if ('output' in wanted) {
    if (error !== undefined || !isDeepStrictEqual(output, wanted.output)) return shown;
  } else if (error !== wanted.error) return shown;
  if (wanted.cause !== undefined && cause !== wanted.cause) return shown;
  if (wanted.calls !== undefined && calls.length !== wanted.calls) return `${calls.length} calls, ${shown}`;
  if (wanted.minMs !== undefined && ms < wanted.minMs) return `it took ${ms} ms`;
  for (const [index, gap] of (wanted.gapsSeconds ?? []).entries()) {
    const measured = (Number(calls[index + 1]) - Number(calls[index])) / 1000;
    // Never early; a busy machine may be late.
    if (!(measured > gap - 0.05 && measured < gap + 60)) return `a pause of ${measured} s`;
  }
  return null;
}
