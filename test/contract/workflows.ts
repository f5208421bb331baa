import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Conflict, InvalidToken, NotFound } from '../../core/errors.ts';
import type { Workflows } from '../../core/ports.ts';
import { until } from '../support/until.ts';

/** An engine with these workflows and functions, each under its name. */
interface EngineOfContract {
  workflows: Workflows;
  end(): Promise<void>;
}

export type MakeEngine = (
  definitions: Record<string, unknown>,
  functions: Record<string, (payload: unknown) => Promise<unknown>>,
) => Promise<EngineOfContract>;

const lambda = (name: string, payload: unknown) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Parameters: { FunctionName: name, Payload: payload },
  ResultPath: null,
  TimeoutSeconds: 60,
});

const waiting = (timeout: number) => ({
  StartAt: 'Wait',
  States: {
    Wait: {
      ...lambda('Park', { 'run.$': '$$.Execution.Name', 'token.$': '$$.Task.Token' }),
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      ResultPath: '$.answer',
      TimeoutSeconds: timeout,
      Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.answer', Next: 'Tell' }],
      Next: 'Tell',
    },
    Tell: {
      ...lambda('Note', { 'run.$': '$$.Execution.Name', 'answer.$': '$.answer' }),
      End: true,
    },
  },
});

const DEFINITIONS = {
  quick: { StartAt: 'Done', States: { Done: { Type: 'Pass', End: true } } },
  bad: { StartAt: 'Bad', States: { Bad: { Type: 'Fail', Error: 'Bad', Cause: 'it is' } } },
  patient: waiting(3600),
  hasty: waiting(1),
};

export function testWorkflows(make: MakeEngine): void {
  describe('workflows', () => {
    const tokens = new Map<string, string>();
    const answers = new Map<string, unknown>();
    let engine: EngineOfContract;

    beforeAll(async () => {
      engine = await make(DEFINITIONS, {
        Park: async (payload) => {
          const { run, token } = payload as { run: string; token: string };
          tokens.set(run, token);
          return {};
        },
        Note: async (payload) => {
          const { run, answer } = payload as { run: string; answer: unknown };
          answers.set(run, answer);
          return {};
        },
      });
    });
    afterAll(() => engine.end());

    const ended = (workflow: string, name: string) =>
      until(`the end of ${name}`, async () => {
        const status = await engine.workflows.status(workflow, name);
        return status === 'running' ? undefined : status;
      });
    const parked = async (name: string, workflow = 'patient') => {
      await engine.workflows.start(workflow, name, { name });
      return until(`the token of ${name}`, () => tokens.get(name));
    };
    const answered = (name: string) => until(`the answer of ${name}`, () => answers.get(name));

    test('what runs, ended well, ended badly, was stopped or never was is told apart', async () => {
      const { workflows } = engine;
      await workflows.start('quick', 'told-quick', {});
      await workflows.start('bad', 'told-bad', {});
      await parked('told-parked');

      expect(await ended('quick', 'told-quick')).toBe('succeeded');
      expect(await ended('bad', 'told-bad')).toBe('failed');
      expect(await workflows.status('patient', 'told-parked')).toBe('running');
      expect(await workflows.status('quick', 'told-nobody')).toBeNull();
    });

    test('one name and input is one execution, while it runs and after it', async () => {
      const { workflows } = engine;

      const first = await workflows.start('quick', 'same', { a: [1, { b: null }] });
      await ended('quick', 'same');
      const after = await workflows.start('quick', 'same', { a: [1, { b: null }] });
      const parking = await workflows.start('patient', 'same-parked', { b: 1, a: 2 });
      const meanwhile = await workflows.start('patient', 'same-parked', { b: 1, a: 2 });
      const otherOrder = await workflows.start('patient', 'same-parked', { a: 2, b: 1 });

      expect([first, parking]).toEqual(['started', 'started']);
      expect([after, meanwhile, otherOrder]).toEqual(['exists', 'exists', 'exists']);
    });

    test('one name with other input is a Conflict, while it runs and after it', async () => {
      const { workflows } = engine;
      await workflows.start('patient', 'other-parked', { a: 1 });
      await workflows.start('quick', 'other', { a: 1 });
      await ended('quick', 'other');

      const others = [
        workflows.start('patient', 'other-parked', { a: 2 }),
        workflows.start('quick', 'other', { a: 2 }),
      ];

      for (const told of await Promise.allSettled(others)) {
        expect(told).toMatchObject({ status: 'rejected', reason: expect.any(Conflict) });
      }
    });

    test('a workflow that does not exist is NotFound', async () => {
      await expect(engine.workflows.start('nowhere', 'x', {})).rejects.toThrow(NotFound);
    });

    test('of many starts at the same time one starts it', async () => {
      const starts = Array.from({ length: 5 }, () => engine.workflows.start('patient', 'race', { a: 1 }));

      const told = await Promise.all(starts);

      expect(told.length).toBe(5);
      await until('the token', () => tokens.get('race'));
      expect(await engine.workflows.status('patient', 'race')).toBe('running');
    });

    test('a token is answered with an output, once', async () => {
      const token = await parked('well');

      await engine.workflows.succeed(token, { outcome: 'approved', by: 'alice' });
      const again = engine.workflows.succeed(token, { outcome: 'rejected' });
      await expect(again).rejects.toThrow(InvalidToken);

      expect(await answered('well')).toEqual({ outcome: 'approved', by: 'alice' });
      expect(await ended('patient', 'well')).toBe('succeeded');
    });

    test('of many answers at the same time one counts', async () => {
      const token = await parked('crowd');
      const answer = (n: number) => engine.workflows.succeed(token, { n }).then(() => n);

      const told = await Promise.allSettled([1, 2, 3, 4, 5].map(answer));

      const taken = told.filter((one) => one.status === 'fulfilled').map(({ value }) => value);
      expect(taken).toHaveLength(1);
      expect(await answered('crowd')).toEqual({ n: taken[0] });
      for (const one of told) {
        if (one.status === 'rejected') expect(one.reason).toBeInstanceOf(InvalidToken);
      }
    });

    test('a token is answered with an error and its cause', async () => {
      const token = await parked('badly');

      await engine.workflows.fail(token, 'NotAllowed', 'ask somebody else');
      await expect(engine.workflows.fail(token, 'NotAllowed', 'again')).rejects.toThrow(InvalidToken);

      expect(await answered('badly')).toEqual({ Error: 'NotAllowed', Cause: 'ask somebody else' });
    });

    test('a cause of any length is taken', async () => {
      const token = await parked('wordy');

      await engine.workflows.fail(token, 'Long', 'x'.repeat(40_000));

      const { Cause } = (await answered('wordy')) as { Cause: string };
      expect(Cause).toMatch(/^x{32768}/);
    });

    test('an answer that comes too late is InvalidToken', async () => {
      const token = await parked('late', 'hasty');
      expect(await answered('late')).toMatchObject({ Error: 'States.Timeout' });

      await expect(engine.workflows.succeed(token, {})).rejects.toThrow(InvalidToken);
      await ended('hasty', 'late');
      await expect(engine.workflows.succeed(token, {})).rejects.toThrow(InvalidToken);
      await expect(engine.workflows.fail(token, 'a', 'b')).rejects.toThrow(InvalidToken);
    });

    test('a token that never was is InvalidToken', async () => {
      await expect(engine.workflows.succeed('no such token', {})).rejects.toThrow(InvalidToken);
      await expect(engine.workflows.fail('no such token', 'a', 'b')).rejects.toThrow(InvalidToken);
    });

    test('what is stopped ends at once, waits for nobody, and stays stopped', async () => {
      const token = await parked('stopped');

      await engine.workflows.stop('patient', 'stopped', 'a newer commit');
      const status = await engine.workflows.status('patient', 'stopped');
      await engine.workflows.stop('patient', 'stopped', 'again');

      expect(status).toBe('stopped');
      await expect(engine.workflows.succeed(token, {})).rejects.toThrow(InvalidToken);
      await sleep(200);
      expect(answers.has('stopped')).toBe(false);
      expect(await engine.workflows.status('patient', 'stopped')).toBe('stopped');
    });

    test('stopping what has ended or never was changes nothing', async () => {
      await engine.workflows.start('quick', 'over', {});
      await ended('quick', 'over');

      await engine.workflows.stop('quick', 'over', 'too late');
      await engine.workflows.stop('quick', 'nobody', 'too late');

      expect(await engine.workflows.status('quick', 'over')).toBe('succeeded');
      expect(await engine.workflows.status('quick', 'nobody')).toBeNull();
    });
  });
}
