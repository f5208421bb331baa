import { describe, expect, it } from 'vitest';
import { InvalidInput, Misconfigured, Unavailable } from '../../core/errors.ts';
import { readEnvironment } from '../../lambdas/host.ts';
import { lambda, type Work } from '../../lambdas/runtime.ts';
import { contextOf, ENVIRONMENT, hostOf, memoryHostPorts, recordedTelemetry } from './support.ts';

type AnyWork = Work<unknown, unknown, ReturnType<typeof memoryHostPorts>>;

function functionOf(work: AnyWork, own: string[] = ['runs']) {
  const telemetry = recordedTelemetry();
  const ports = memoryHostPorts();
  const handler = lambda('ClaimRun', own, work)(async () => ({ env: ENVIRONMENT, ports }), telemetry);
  return { telemetry, ports, call: (event: unknown = {}) => handler(event, contextOf()) };
}

describe('a function', () => {
  it('answers, and says how long it took', async () => {
    const { call, telemetry } = functionOf(async (event) => ({ got: event }));

    const answer = await call({ a: 1 });

    expect(answer).toEqual({ got: { a: 1 } });
    expect(telemetry.counted).toEqual([]);
  });

  it.each([
    ['of a step', { runId: '0123456789abcdef0123' }],
    ['that names its run inside', { run: { runId: '0123456789abcdef0123' } }],
    ['that names a document', { doc: 'runs/0123456789abcdef0123/documents/000001.json' }],
  ])('logs the run of an input %s, and nothing else of it', async (_, input) => {
    const { call, telemetry } = functionOf(async () => null);

    await call({ ...input, secret: 'hush' });

    expect(telemetry.begun).toEqual([{ runId: '0123456789abcdef0123' }]);
  });

  it('logs no text that somebody calls a run', async () => {
    const { call, telemetry } = functionOf(async () => null);

    await call({ runId: 'x'.repeat(5000), headers: { 'x-github-delivery': 'a"b\n' } });

    expect(telemetry.begun).toEqual([{ deliveryId: 'a?b?' }]);
  });

  it.each([new Unavailable('GitHub is away'), new InvalidInput('no'), new Misconfigured('deploy again')])(
    'throws an error under the name that workflows catch: $name',
    async (error) => {
      const { call, telemetry } = functionOf(async () => {
        throw error;
      });

      const thrown = await call().catch((caught: unknown) => caught);

      expect(thrown).toBe(error);
      expect((thrown as Error).name).toBe(error.constructor.name);
      expect(telemetry.counted).toEqual([`Errors error=${error.name}`]);
      const [line] = telemetry.logged;
      expect(line).toMatchObject({ fields: { error: error.name, reason: error.message } });
      expect(line?.level).toBe(error.fault === 'operator' ? 'error' : 'warn');
      expect(line?.fields).not.toHaveProperty('stack');
    },
  );

  it('logs a defect with its stack', async () => {
    const { call, telemetry } = functionOf(async () => {
      throw new TypeError('undefined is not a function');
    });

    await expect(call()).rejects.toThrow(TypeError);

    expect(telemetry.logged).toMatchObject([{ level: 'error', message: 'a function has a defect' }]);
    expect(telemetry.logged[0]?.fields['stack']).toContain('runtime.test.ts');
  });

  it('is made once, and again if it could not be made', async () => {
    let made = 0;
    const host = hostOf(memoryHostPorts());
    const handler = lambda(
      'ClaimRun',
      [],
      async () => 'ok',
    )(async (log) => {
      made += 1;
      if (made === 1) throw new Unavailable('not now');
      return host(log);
    }, recordedTelemetry());

    await expect(handler({}, contextOf())).rejects.toThrow(Unavailable);
    await handler({}, contextOf());
    await handler({}, contextOf());

    expect(made).toBe(2);
  });
});

describe('ports', () => {
  it('that are the function’s own can be used, and those that need no permission', async () => {
    const { call } = functionOf(async (_, { ports }) => {
      await ports.runs.get('none');
      return [
        ports.clock.now(),
        ports.binaries,
        ports.sizes,
        ports.isolated,
        ports.trace,
        ports.links.run('r'),
      ];
    });

    await expect(call()).resolves.toHaveLength(6);
  });

  it('that are not its own cannot be reached: the error says what to do', async () => {
    const { call, telemetry } = functionOf(async (_, { ports }) => ports.locks.held());

    await expect(call()).rejects.toThrow(/ClaimRun touched the port locks.*functions\.ts.*\(it has runs\)/);

    expect(telemetry.counted).toEqual(['Errors error=PortNotGranted']);
    expect(telemetry.logged[0]?.fields).toHaveProperty('stack');
  });

  it('that are not its own are not handed on by a copy either', async () => {
    const { call } = functionOf(async (_, { ports }) => Object.keys({ ...ports }).sort());

    await expect(call()).resolves.toEqual(
      expect.not.arrayContaining(['locks', 'adminToken', 'webhookSecret', 'approvals', 'people']),
    );
  });
});

describe('the environment', () => {
  it('is read from texts', () => {
    const texts = Object.entries(ENVIRONMENT).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]);

    expect(readEnvironment(Object.fromEntries(texts))).toEqual(ENVIRONMENT);
  });

  it('that lacks something is refused by name', () => {
    const read = () => readEnvironment({ CAIRN_TABLE: 'cairn', CAIRN_BINARIES: '[' });

    expect(read).toThrow(Misconfigured);
    expect(read).toThrow(/CAIRN_BUS/);
    expect(read).toThrow(/CAIRN_BINARIES/);
  });
});
