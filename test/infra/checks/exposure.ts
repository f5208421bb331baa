import type { Resource } from '../../support/aws/template.ts';
import { list, nameOf, ofType, type Statement, statementsOf } from './look.ts';

/** Nothing that anybody may call, but the one HTTP API, which checks who calls. */
export function closedDoors(resources: readonly Resource[]): string[] {
  return [
    ...ofType(resources, 'AWS::Lambda::Url').map((url) => `${nameOf(url)}: a function has an address`),
    ...ofType(resources, 'AWS::Lambda::Permission')
      .filter(({ properties }) => {
        const { Principal, SourceArn, SourceAccount } = properties;
        const anybody = Principal === '*' || String(properties['FunctionUrlAuthType']) === 'NONE';
        return anybody || (String(Principal).includes('amazonaws.com') && !SourceArn && !SourceAccount);
      })
      .map((permission) => `${nameOf(permission)}: whoever asks may call the function`),
    ...resources.flatMap((resource) =>
      statementsOf(resource)
        .filter(isForAnybody)
        .map((statement) => `${nameOf(resource)}: anybody may ${list(statement.Action).join(', ')}`),
    ),
  ];
}

function isForAnybody({ Effect, Principal, Condition }: Statement): boolean {
  if (Effect !== 'Allow' || Principal === undefined) return false;
  const whom = Principal === '*' ? ['*'] : Object.values(Principal as object).flatMap(list);
  return whom.includes('*') && Object.keys(Condition ?? {}).length === 0;
}

/** No way in, and nothing that costs while nothing happens. */
export function closedNetwork(resources: readonly Resource[]): string[] {
  const inbound = ofType(resources, 'AWS::EC2::SecurityGroup').filter(
    ({ properties }) => list(properties['SecurityGroupIngress']).length > 0,
  );
  const billed = ofType(resources, 'AWS::EC2::NatGateway', 'AWS::EC2::EIP', 'AWS::EC2::TransitGateway');
  const interfaces = ofType(resources, 'AWS::EC2::VPCEndpoint').filter(
    ({ properties }) => properties['VpcEndpointType'] !== 'Gateway',
  );
  const open = ofType(resources, 'AWS::EC2::Subnet').filter(
    ({ properties }) => properties['MapPublicIpOnLaunch'] === true,
  );
  return [
    ...[...inbound, ...ofType(resources, 'AWS::EC2::SecurityGroupIngress')].map(
      (group) => `${nameOf(group)}: something may come in`,
    ),
    ...[...billed, ...interfaces].map(
      (resource) => `${nameOf(resource)}: costs by the hour (${resource.type})`,
    ),
    ...open.map((subnet) => `${nameOf(subnet)}: gives a public address to whatever starts in it`),
  ];
}
