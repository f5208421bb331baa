import { readFileSync } from 'node:fs';
import path from 'node:path';
import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { installRoot } from '../../local/root.ts';
import { grantTo } from '../permissions/statements.ts';
import { placeholders, workflowGrants } from '../permissions/workflow-policy.ts';
import { arns, type WorkflowName, workflowWorld } from '../permissions/world.ts';
import { accept } from './accept.ts';

interface CairnWorkflowProps {
  name: WorkflowName;
  /** Days that its log is kept: one of those that CloudWatch offers. */
  retention: number;
}

/** A file of workflows/ as it is, without its spaces: CloudFormation's validators see every state. */
function definitionOf(workflow: WorkflowName): string {
  const file = path.join(installRoot(), 'workflows', `${workflow}.asl.json`);
  return JSON.stringify(JSON.parse(readFileSync(file, 'utf8')));
}

/** A workflow as a state machine. It may do what its states ask for, on what it runs with. */
export class CairnWorkflow extends Construct {
  readonly stateMachine: StateMachine;
  readonly role: Role;

  constructor(scope: Construct, { name, retention }: CairnWorkflowProps) {
    super(scope, `Workflow-${name}`);
    const definition = definitionOf(name);
    const world = workflowWorld(this);
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('states.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': Stack.of(this).account },
          ArnLike: { 'aws:SourceArn': arns(this).stateMachine(name) },
        },
      }),
    });
    grantTo(this.role, workflowGrants(name, definition, world));
    const logGroup = new LogGroup(this, 'Log', {
      // Under this prefix the log group's resource policy does not grow with each machine until it is full.
      logGroupName: `/aws/vendedlogs/states/cairn-${name}`,
      retention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.stateMachine = new StateMachine(this, 'StateMachine', {
      stateMachineName: `cairn-${name}`,
      definitionBody: DefinitionBody.fromString(definition),
      definitionSubstitutions: Object.fromEntries(
        placeholders(definition).map((step) => [step, world.functionArn(step)]),
      ),
      role: this.role,
      tracingEnabled: true,
      logs: {
        destination: logGroup,
        level: LogLevel.ALL,
        // The input of a state that waits holds its task token, and a log has more readers than an execution's
        // history, where the data stays for 90 days.
        includeExecutionData: false,
      },
    });
    accept(this.role, {
      'AwsSolutions-IAM5[Resource::*]':
        'IAM knows no resource for X-Ray, for the delivery of logs and for batch:DescribeJobs.',
    });
  }
}
