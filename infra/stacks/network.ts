import { CfnWaitConditionHandle, Fn, Stack } from 'aws-cdk-lib';
import {
  GatewayVpcEndpointAwsService,
  IpAddresses,
  type ISecurityGroup,
  type ISubnet,
  type IVpc,
  SecurityGroup,
  Subnet,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import type { NetworkConfig } from '../config/config.ts';
import { accept } from '../constructs/accept.ts';
import type { CairnStackProps, Network } from '../context.ts';

const ZONES = 2;

/** Where jobs run: public subnets without a way in, or what the operator names. */
export class NetworkStack extends Stack implements Network {
  readonly vpc: IVpc;
  readonly subnets: ISubnet[];
  readonly securityGroups: ISecurityGroup[];
  readonly publicIp: boolean;

  constructor(scope: Construct, id: string, props: CairnStackProps) {
    super(scope, id, { ...props, description: 'Cairn: the network of its jobs' });
    const given = props.config.network;
    this.vpc = given ? this.vpcOf(given) : this.ownVpc();
    this.subnets = given ? given.subnets.map((subnetId) => this.subnetOf(subnetId)) : this.vpc.publicSubnets;
    this.securityGroups = given?.securityGroups.length
      ? given.securityGroups.map((group) =>
          SecurityGroup.fromSecurityGroupId(this, group, group, { mutable: false }),
        )
      : [this.jobsGroup()];
    // CloudFormation takes no empty stack, and this is a resource that is nothing.
    if (given?.securityGroups.length) new CfnWaitConditionHandle(this, 'AllIsGiven');
    this.publicIp = given ? given.publicIp : true;
  }

  /** CDK would look the zones up in the account, which synth cannot do without credentials: CloudFormation can. */
  override get availabilityZones(): string[] {
    return Array.from({ length: ZONES }, (_, index) => Fn.select(index, Fn.getAzs()));
  }

  /** No NAT: it alone costs more than everything else together. An address costs while its job runs. */
  private ownVpc(): IVpc {
    const vpc = new Vpc(this, 'Vpc', {
      vpcName: 'cairn',
      ipAddresses: IpAddresses.cidr('10.73.0.0/20'),
      maxAzs: ZONES,
      natGateways: 0,
      subnetConfiguration: [
        // Only jobs ask for an address; nothing else would get one by being started here.
        { name: 'jobs', subnetType: SubnetType.PUBLIC, cidrMask: 22, mapPublicIpOnLaunch: false },
      ],
      // Nothing is ever in the default group, and emptying it takes a function and a role.
      restrictDefaultSecurityGroup: false,
    });
    // Archives, plans, states and the layers of images: free, and not over the internet.
    vpc.addGatewayEndpoint('S3', { service: GatewayVpcEndpointAwsService.S3 });
    accept(vpc, {
      'AwsSolutions-VPC7':
        'Nothing listens here, and what jobs ask for is open by design; who has to log flows names a VPC that does (network in cairn.infra.yaml).',
    });
    return vpc as IVpc;
  }

  private vpcOf({ vpc: vpcId }: NetworkConfig): IVpc {
    return Vpc.fromVpcAttributes(this, 'Vpc', { vpcId, availabilityZones: this.availabilityZones });
  }

  private subnetOf(subnetId: string): ISubnet {
    const subnet = Subnet.fromSubnetAttributes(this, subnetId, { subnetId });
    accept(subnet, {
      'Annotation::@aws-cdk/aws-ec2:noSubnetRouteTableId': 'Nobody asks for its routes, only for its id.',
    });
    return subnet;
  }

  private jobsGroup(): ISecurityGroup {
    return new SecurityGroup(this, 'Jobs', {
      vpc: this.vpc,
      description: 'Jobs of Cairn: nothing comes in',
      // Providers talk to whatever they manage, on any port.
      allowAllOutbound: true,
    });
  }
}
