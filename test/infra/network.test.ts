import { describe, expect, it } from 'vitest';
import { STACKS } from '../../infra/names.ts';
import { resourcesOf } from '../support/aws/template.ts';
import { type ConfigName, synthesized } from '../support/infra.ts';

async function network(name: ConfigName) {
  const { config, templates } = await synthesized(name);
  const all = resourcesOf(templates, { account: '123456789012', region: config.region });
  const here = all.filter(({ stack }) => stack === STACKS.network);
  const jobs = all.filter(({ type }) => type === 'AWS::Batch::ComputeEnvironment');
  return { here, jobs, of: (type: string) => here.filter((resource) => resource.type === type) };
}

describe('the network of jobs', () => {
  it('is public subnets in two zones that the account has, with nothing that costs by the hour', async () => {
    const { of, here } = await network('minimal');

    expect(of('AWS::EC2::Subnet').map(({ properties }) => properties['AvailabilityZone'])).toEqual([
      'eu-west-1a',
      'eu-west-1b',
    ]);
    expect(of('AWS::EC2::InternetGateway')).toHaveLength(1);
    expect(here.map(({ type }) => type)).not.toContain('AWS::EC2::NatGateway');
    // No function that empties the default group, and no role for one.
    expect(here.filter(({ type }) => !type.startsWith('AWS::EC2::')).map(({ type }) => type)).toEqual([]);
  });

  it('reaches S3 without the internet, for nothing', async () => {
    const { of } = await network('minimal');

    expect(of('AWS::EC2::VPCEndpoint').map(({ properties }) => properties)).toMatchObject([
      { VpcEndpointType: 'Gateway', ServiceName: 'com.amazonaws.eu-west-1.s3' },
    ]);
  });

  it('lets jobs out and nobody in', async () => {
    const { of } = await network('minimal');

    const [group] = of('AWS::EC2::SecurityGroup');

    expect(group?.properties['SecurityGroupIngress']).toBeUndefined();
    expect(group?.properties['SecurityGroupEgress']).toMatchObject([
      { CidrIp: '0.0.0.0/0', IpProtocol: '-1' },
    ]);
  });

  it('is the one that the operator names, with its groups', async () => {
    const { here, jobs } = await network('full');

    expect(here.map(({ type }) => type)).toEqual(['AWS::CloudFormation::WaitConditionHandle']);
    expect(jobs.length).toBeGreaterThan(0);
    for (const { properties } of jobs) {
      expect(properties['ComputeResources']).toMatchObject({
        Subnets: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
        SecurityGroupIds: ['sg-0123456789abcdef0'],
      });
    }
  });

  it('gets a group of its own in a VPC that is named without one', async () => {
    const { of, here } = await network('many');

    expect(here).toHaveLength(1);
    expect(of('AWS::EC2::SecurityGroup').map(({ properties }) => properties['VpcId'])).toEqual([
      'vpc-0123456789abcdef0',
    ]);
  });
});
