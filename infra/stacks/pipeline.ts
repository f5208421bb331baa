import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { STEPS } from '../../core/steps/index.ts';
import type { LambdaVariables } from '../../lambdas/environment.ts';
import { FUNCTIONS, type FunctionSpec, type QueueName } from '../../lambdas/functions.ts';
import { ActionsAccess } from '../constructs/actions-role.ts';
import { CairnBatch } from '../constructs/batch.ts';
import { CairnFunction } from '../constructs/function.ts';
import { CairnApi } from '../constructs/http-api.ts';
import { BusQueue, deadLetterQueue } from '../constructs/queue.ts';
import { eventsOf } from '../constructs/rules.ts';
import { RequestSchedules, Schedules } from '../constructs/schedule.ts';
import { CairnWorkflow } from '../constructs/workflow.ts';
import type { Pipeline, PipelineProps } from '../context.ts';
import { functionGrants, SCHEDULES_DEAD, triggerGrants } from '../permissions/grants.ts';
import { arns, functionWorld, WORKFLOWS } from '../permissions/world.ts';
import { functionVariables } from './variables.ts';

/** From a webhook to a job: the way in, the functions, the workflows, the queues between them, the places to run. */
export class PipelineStack extends Stack implements Pipeline {
  readonly functions: Record<string, IFunction> = {};
  readonly stateMachines: Record<string, IStateMachine> = {};
  readonly queues: Partial<Record<QueueName, IQueue>> = {};
  readonly deadLetters: Partial<Record<QueueName, IQueue>> = {};
  readonly api: Pipeline['api'];
  /** Calls of the clock that failed, and one-time requests. */
  readonly scheduleDeadLetters: IQueue;

  constructor(scope: Construct, id: string, props: PipelineProps) {
    super(scope, id, { ...props, description: 'Cairn: from a webhook to a job' });
    const { config, network } = props;
    const retention = config.retention.logs;

    const api = new CairnApi(this, 'Http', { retention });
    this.api = { id: api.id, url: api.url, webhookUrl: `${api.url}/webhook`, stage: api.stage };
    // Read by `cairn aws deploy` and `cairn doctor --aws`.
    new CfnOutput(this, 'ApiUrl', { value: this.api.url, description: 'Where people reach Cairn' });
    new CfnOutput(this, 'WebhookUrl', { value: this.api.webhookUrl, description: 'What GitHub is told' });

    for (const name of WORKFLOWS) {
      this.stateMachines[name] = new CairnWorkflow(this, { name, retention }).stateMachine;
    }

    this.scheduleDeadLetters = deadLetterQueue(this, 'ScheduleDeadLetters', `cairn-${SCHEDULES_DEAD}`);
    this.addFunctions(props, api, functionVariables(this, config, api.url));
    new Schedules(this, 'Schedules', {
      deadLetters: this.scheduleDeadLetters,
      scheduled: this.scheduled(props),
    });
    new RequestSchedules(this, 'RequestSchedules', { deadLetters: this.scheduleDeadLetters });

    const largest = Math.max(...Object.values(config.sizes).map(({ cpu }) => cpu));
    new CairnBatch(this, 'Batch', { network, largest });

    const asking = config.repositories.filter(({ actions }) => actions !== null);
    if (asking.length > 0) {
      new ActionsAccess(this, 'Actions', {
        github: config.github.url,
        provider: config.actionsProvider,
        repositories: asking.map(({ name, actions }) => ({
          name,
          branches: actions?.branches ?? [],
          commands: actions?.commands ?? [],
        })),
      });
    }
  }

  private addFunctions(props: PipelineProps, api: CairnApi, variables: LambdaVariables): void {
    const { config, foundation, images } = props;
    const world = functionWorld(this, foundation.key.keyArn);
    const queueArn = (name: string) => arns(this).arn('sqs', `cairn-${name}`);
    for (const [name, spec] of wanted(config.slack)) {
      const { fn } = new CairnFunction(this, {
        name,
        spec,
        image: images.lambda,
        architecture: config.architecture,
        variables,
        grants: [...functionGrants(spec.ports, world), ...triggerGrants(spec.trigger, queueArn)],
        retention: config.retention.logs,
      });
      this.functions[name] = fn;
      if (spec.trigger.kind === 'http') api.route(name, fn, spec.trigger.routes);
      if (spec.trigger.kind === 'queue') this.addQueue(props, spec.trigger.queue, fn);
    }
  }

  private addQueue(props: PipelineProps, name: QueueName, fn: IFunction): void {
    const events = eventsOf(name, this.stateMachines);
    const { queue, deadLetters } = new BusQueue(this, {
      name,
      bus: events.bus === 'cairn' ? props.foundation.bus : null,
      patterns: events.patterns,
      consumer: fn,
    });
    this.queues[name] = queue;
    this.deadLetters[name] = deadLetters;
  }

  private scheduled({ config }: PipelineProps) {
    const repositories = config.repositories.map(({ name }) => name);
    return wanted(config.slack).flatMap(([name, { trigger }]) => {
      if (trigger.kind !== 'schedule') return [];
      const input = takesRepositories(name) ? { repositories } : {};
      return [{ name, fn: this.functions[name]!, minutes: trigger.minutes, input }];
    });
  }
}

/** A step that is called by the clock says so itself: locks are all in one table, the rest is by repository. */
function takesRepositories(name: string): boolean {
  const step = STEPS[name as keyof typeof STEPS];
  return step.input.safeParse({ repositories: ['owner/name'] }).success && !step.input.safeParse({}).success;
}

/** Without Slack nobody reads its queue, and there is neither. */
function wanted(slack: boolean): [string, FunctionSpec][] {
  return Object.entries(FUNCTIONS).filter(
    ([, { trigger }]) => slack || trigger.kind !== 'queue' || trigger.queue !== 'slack',
  );
}
