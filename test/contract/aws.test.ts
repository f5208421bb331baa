import { randomBytes, randomUUID } from 'node:crypto';
import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { CreateEventBusCommand } from '@aws-sdk/client-eventbridge';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { CreateScheduleGroupCommand } from '@aws-sdk/client-scheduler';
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { s3Artifacts } from '../../adapters/aws/artifacts/artifacts.ts';
import { type AwsClients, awsClients } from '../../adapters/aws/clients/clients.ts';
import { eventBus, type Published } from '../../adapters/aws/events/bus.ts';
import { eventBridgeSchedules } from '../../adapters/aws/events/schedules.ts';
import { PERMISSIONS } from '../../adapters/aws/permissions.ts';
import type { PortName } from '../../adapters/aws/port-names.ts';
import { masterKeys } from '../../adapters/aws/secrets/keys.ts';
import { secretValue } from '../../adapters/aws/secrets/secret-value.ts';
import { dynamodbApprovals } from '../../adapters/aws/table/approvals.ts';
import { dynamodbEphemerals } from '../../adapters/aws/table/ephemerals.ts';
import { dynamodbItems, type Items } from '../../adapters/aws/table/items.ts';
import { dynamodbLocks } from '../../adapters/aws/table/locks.ts';
import { dynamodbRuns } from '../../adapters/aws/table/runs.ts';
import { dynamodbSent } from '../../adapters/aws/table/sent.ts';
import { dynamodbStatus, type PublishStatus } from '../../adapters/aws/table/status.ts';
import { tableDefinition } from '../../adapters/aws/table/table.ts';
import { fireSchedules } from '../support/aws/bridge-schedules.ts';
import { startDynalite } from '../support/aws/dynalite-server.ts';
import { iamAction } from '../support/aws/iam-action.ts';
import { ACCOUNT, CREDENTIALS, type Moto, NO_MOTO, REGION, startMoto } from '../support/aws/moto.ts';
import { fakeClock } from '../support/fakes/clock.ts';
import { testApprovals } from './approvals.ts';
import { testArtifacts } from './artifacts.ts';
import { testEphemerals } from './ephemerals.ts';
import { testKeys } from './keys.ts';
import { testLocks } from './locks.ts';
import type { Make } from './make.ts';
import { testRuns } from './runs.ts';
import { type ScheduleWorld, testSchedules, told } from './schedules.ts';
import { testSent } from './sent.ts';

Object.assign(process.env, CREDENTIALS);

/** More than a page of them holds. */
const SCHEDULES = { most: 120 };

/** An emulator, and what each port asked of it. */
interface Emulator {
  endpoint: string;
  /** Makes what the stores stand in; not noted. */
  admin: AwsClients;
  /** Clients made anew, as after a restart. */
  clientsOf(port: PortName): AwsClients;
  asked: Map<PortName, Set<string>>;
}

function emulatorAt(endpoint: string): Emulator {
  const asked: Emulator['asked'] = new Map();
  return {
    endpoint,
    admin: awsClients({ endpoint }),
    asked,
    clientsOf(port) {
      const ofPort = asked.get(port) ?? new Set();
      asked.set(port, ofPort);
      return awsClients({
        endpoint,
        watch: (service, operation) => ofPort.add(iamAction(service, operation)),
      });
    },
  };
}

/** A store on a table of its own. A restart is the store made anew, with clients made anew. */
function inTable<Store>(
  emulator: () => Emulator,
  open: (itemsOf: (port: PortName) => Items) => Store,
): Make<Store> {
  return async () => {
    const table = `cairn-${randomUUID()}`;
    await emulator().admin.dynamodb.send(new CreateTableCommand({ TableName: table, ...tableDefinition }));
    const make = () => open((port) => dynamodbItems(emulator().clientsOf(port).dynamodb, table));
    return { store: make(), reopen: async () => make(), end: async () => undefined };
  };
}

function testStores(emulator: () => Emulator, publish: () => PublishStatus): void {
  testLocks(inTable(emulator, (itemsOf) => dynamodbLocks(itemsOf('locks'))));
  testApprovals(inTable(emulator, (itemsOf) => dynamodbApprovals(itemsOf('approvals'))));
  testSent(inTable(emulator, (itemsOf) => dynamodbSent(itemsOf('sent'))));
  testEphemerals(inTable(emulator, (itemsOf) => dynamodbEphemerals(itemsOf('ephemerals'))));
  testRuns(
    inTable(emulator, (itemsOf) => ({
      runs: dynamodbRuns(itemsOf('runs')),
      status: dynamodbStatus(itemsOf('status'), (events) => publish()(events)),
    })),
  );
}

describe('on dynalite', () => {
  let dynalite: Awaited<ReturnType<typeof startDynalite>>;
  let emulator: Emulator;

  beforeAll(async () => {
    dynalite = await startDynalite();
    emulator = emulatorAt(dynalite.endpoint);
  });
  afterAll(() => dynalite.close());

  testStores(
    () => emulator,
    () => async () => undefined,
  );
});

describe.skipIf(NO_MOTO)(`on moto${NO_MOTO ? ` (skipped: ${NO_MOTO})` : ''}`, () => {
  let moto: Moto;
  let emulator: Emulator;
  let publish: PublishStatus;

  beforeAll(async () => {
    moto = await startMoto();
    emulator = emulatorAt(moto.endpoint);
    await emulator.admin.events.send(new CreateEventBusCommand({ Name: 'cairn' }));
    publish = eventBus(emulator.clientsOf('status').events, 'cairn').publishStatus;
  });
  afterAll(() => moto.close());

  testStores(
    () => emulator,
    () => publish,
  );

  testArtifacts(async () => {
    const bucket = `cairn-${randomUUID()}`;
    await emulator.admin.s3.send(
      new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: REGION } }),
    );
    const make = () => s3Artifacts(emulator.clientsOf('artifacts').s3, bucket);
    return { store: make(), reopen: async () => make(), end: async () => undefined };
  });

  testKeys(async () => {
    const name = `cairn/${randomUUID()}`;
    const SecretString = randomBytes(32).toString('hex');
    await emulator.admin.secrets.send(new CreateSecretCommand({ Name: name, SecretString }));
    const make = () => masterKeys(() => secretValue(emulator.clientsOf('keys').secrets, name));
    return { store: make(), reopen: async () => make(), end: async () => undefined };
  });

  testSchedules(async () => {
    const group = `cairn-${randomUUID()}`;
    await emulator.admin.scheduler.send(new CreateScheduleGroupCommand({ Name: group }));
    const clock = fakeClock();
    const make = () => scheduleWorld(emulator, group, clock);
    return { store: make(), reopen: async () => make(), end: async () => undefined };
  }, SCHEDULES);

  // The last one: it looks at what the suites above have asked.
  describe('what they ask of AWS', () => {
    test.each([
      'locks',
      'approvals',
      'ephemerals',
      'schedules',
      'sent',
      'runs',
      'status',
      'artifacts',
      'keys',
    ] as const)('is what the permissions of %s say', (port) => {
      const allowed = new Set(PERMISSIONS[port].flatMap(({ actions }) => actions));
      // No operation of its own: AWS asks for it where a role is handed over.
      if (allowed.delete('iam:PassRole'))
        expect(emulator.asked.get(port)).toContain('scheduler:CreateSchedule');

      expect([...(emulator.asked.get(port) ?? [])].sort()).toEqual([...allowed].sort());
    });
  });
});

function scheduleWorld(
  { admin, clientsOf }: Emulator,
  group: string,
  clock: ReturnType<typeof fakeClock>,
): ScheduleWorld {
  const { scheduler, events } = clientsOf('schedules');
  const bus = eventBus(events, 'cairn');
  const due: string[] = [];
  const schedules = eventBridgeSchedules({
    scheduler,
    clock,
    group,
    role: `arn:aws:iam::${ACCOUNT}:role/cairn-scheduler`,
    bus: `arn:aws:events:${REGION}:${ACCOUNT}:event-bus/cairn`,
    deadLetters: `arn:aws:sqs:${REGION}:${ACCOUNT}:cairn-schedules-dead`,
    async publish(requests) {
      await bus.publish(requests);
      due.push(...requests.map(({ request }) => told(request)));
    },
  });
  return {
    schedules,
    now: clock.now,
    async pass(seconds) {
      clock.pass(seconds);
      const fired = await fireSchedules(admin, group, clock.now());
      const came = fired.map(({ detail }) => told((detail as Published).request));
      return [...due.splice(0), ...came].sort();
    },
  };
}
