/** Synthesized templates, read the way CloudFormation reads them: as far as our own stacks need it. */

export interface Template {
  Resources: Record<string, { Type: string; Properties?: Record<string, unknown> }>;
  Outputs?: Record<string, { Value: unknown; Export?: { Name: unknown } }>;
  Parameters?: Record<string, { Default?: unknown }>;
}

/** A resource with every intrinsic function in its properties replaced by its value. */
export interface Resource {
  stack: string;
  id: string;
  type: string;
  properties: Record<string, unknown>;
}

interface Place {
  account: string;
  region: string;
}

type Json = Record<string, unknown>;

/** All resources of an application's stacks, in the order of the stacks. */
export function resourcesOf(templates: Record<string, Template>, place: Place): Resource[] {
  const resolve = resolver(templates, place);
  return Object.entries(templates).flatMap(([stack, { Resources }]) =>
    Object.entries(Resources).map(([id, { Type, Properties = {} }]) => ({
      stack,
      id,
      type: Type,
      properties: resolve(stack, Properties) as Json,
    })),
  );
}

function resolver(templates: Record<string, Template>, place: Place) {
  const exported = new Map<string, { stack: string; value: unknown }>();
  for (const [stack, { Outputs = {} }] of Object.entries(templates)) {
    for (const { Value, Export } of Object.values(Outputs)) {
      if (typeof Export?.Name === 'string') exported.set(Export.Name, { stack, value: Value });
    }
  }

  function resolve(stack: string, value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => resolve(stack, item));
    if (value === null || typeof value !== 'object') return value;
    const entries = Object.entries(value);
    const [name, argument] = entries[0] ?? [];
    if (entries.length === 1 && (name === 'Ref' || name?.startsWith('Fn::'))) {
      return intrinsic(stack, name, argument);
    }
    return Object.fromEntries(entries.map(([key, item]) => [key, resolve(stack, item)]));
  }

  function intrinsic(stack: string, name: string, argument: unknown): unknown {
    switch (name) {
      case 'Ref':
        return reference(stack, argument as string);
      case 'Fn::GetAtt': {
        const [id, attribute] = Array.isArray(argument)
          ? (argument as [string, string])
          : ((argument as string).split(/\.(.*)/s) as [string, string]);
        return attributeOf(stack, id, attribute);
      }
      case 'Fn::Join': {
        const [between, parts] = resolve(stack, argument) as [string, unknown[]];
        return parts.map(String).join(between);
      }
      case 'Fn::Sub': {
        const [text, own] = (Array.isArray(argument) ? argument : [argument, {}]) as [string, Json];
        return text.replace(/\$\{([^!}][^}]*)\}/g, (_, key: string) => {
          if (Object.hasOwn(own, key)) return String(resolve(stack, own[key]));
          return String(key.includes('.') ? intrinsic(stack, 'Fn::GetAtt', key) : reference(stack, key));
        });
      }
      case 'Fn::ImportValue': {
        const found = exported.get(String(resolve(stack, argument)));
        if (!found) throw new Error(`${stack}: nothing exports ${JSON.stringify(argument)}`);
        return resolve(found.stack, found.value);
      }
      case 'Fn::GetStackOutput': {
        const { StackName, OutputName } = argument as { StackName: string; OutputName: string };
        const output = templates[StackName]?.Outputs?.[OutputName];
        if (!output) throw new Error(`${stack}: ${StackName} has no output ${OutputName}`);
        return resolve(StackName, output.Value);
      }
      case 'Fn::Select': {
        const [index, list] = resolve(stack, argument) as [number | string, unknown[]];
        return list[Number(index)];
      }
      case 'Fn::Split': {
        const [by, text] = resolve(stack, argument) as [string, string];
        return text.split(by);
      }
      case 'Fn::GetAZs':
        return ['a', 'b', 'c'].map((zone) => place.region + zone);
      default:
        throw new Error(`${stack}: ${name} is not read here`);
    }
  }

  function reference(stack: string, id: string): unknown {
    const pseudo: Record<string, string> = {
      'AWS::AccountId': place.account,
      'AWS::Region': place.region,
      'AWS::Partition': 'aws',
      'AWS::URLSuffix': 'amazonaws.com',
      'AWS::StackName': stack,
      'AWS::NoValue': '',
    };
    if (id in pseudo) return pseudo[id];
    const parameter = templates[stack]?.Parameters?.[id];
    if (parameter) return parameter.Default ?? id;
    const { type, name } = resource(stack, id);
    // What Ref answers is the name but for these.
    if (type === 'AWS::SQS::Queue')
      return `https://sqs.${place.region}.amazonaws.com/${place.account}/${name}`;
    if (type === 'AWS::SecretsManager::Secret') return arnOf(type, name);
    if (type === 'AWS::StepFunctions::StateMachine') return arnOf(type, name);
    return name;
  }

  function attributeOf(stack: string, id: string, attribute: string): unknown {
    const { type, name } = resource(stack, id);
    if (attribute === 'Arn') return arnOf(type, name);
    if (attribute === 'QueueName' || attribute === 'Name') return name;
    if (attribute === 'ApiEndpoint') return `https://${name}.execute-api.${place.region}.amazonaws.com`;
    return `${name}.${attribute}`;
  }

  function resource(stack: string, id: string): { type: string; name: string } {
    const found = templates[stack]?.Resources[id];
    if (!found) throw new Error(`${stack} has no resource ${id}`);
    const named = NAMES[found.Type];
    const name = named === undefined ? undefined : resolve(stack, found.Properties?.[named]);
    return { type: found.Type, name: typeof name === 'string' ? name : id };
  }

  function arnOf(type: string, name: string): string {
    const { account, region } = place;
    const regional = (service: string, rest: string) => `arn:aws:${service}:${region}:${account}:${rest}`;
    switch (type) {
      case 'AWS::S3::Bucket':
        return `arn:aws:s3:::${name}`;
      case 'AWS::IAM::Role':
        return `arn:aws:iam::${account}:role/${name}`;
      case 'AWS::SQS::Queue':
        return regional('sqs', name);
      case 'AWS::DynamoDB::Table':
      case 'AWS::DynamoDB::GlobalTable':
        return regional('dynamodb', `table/${name}`);
      case 'AWS::Lambda::Function':
        return regional('lambda', `function:${name}`);
      case 'AWS::StepFunctions::StateMachine':
        return regional('states', `stateMachine:${name}`);
      case 'AWS::Events::EventBus':
        return regional('events', `event-bus/${name}`);
      case 'AWS::Events::Rule':
        return regional('events', `rule/${name}`);
      case 'AWS::SecretsManager::Secret':
        return regional('secretsmanager', `secret:${name}`);
      case 'AWS::Logs::LogGroup':
        return regional('logs', `log-group:${name}:*`);
      case 'AWS::KMS::Key':
        return regional('kms', `key/${name}`);
      default:
        return regional(type.split('::')[1]?.toLowerCase() ?? '', name);
    }
  }

  return resolve;
}

/** The property that names a resource, where it has one. */
const NAMES: Record<string, string> = {
  'AWS::S3::Bucket': 'BucketName',
  'AWS::DynamoDB::Table': 'TableName',
  'AWS::DynamoDB::GlobalTable': 'TableName',
  'AWS::SQS::Queue': 'QueueName',
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::StepFunctions::StateMachine': 'StateMachineName',
  'AWS::Events::EventBus': 'Name',
  'AWS::Events::Rule': 'Name',
  'AWS::SecretsManager::Secret': 'Name',
  'AWS::IAM::Role': 'RoleName',
  'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::Batch::JobQueue': 'JobQueueName',
  'AWS::Batch::JobDefinition': 'JobDefinitionName',
  'AWS::CodeBuild::Project': 'Name',
  'AWS::ECR::Repository': 'RepositoryName',
  'AWS::Scheduler::ScheduleGroup': 'Name',
};
