import type { InfraConfig } from '../../infra/config/config.ts';
import { ACCOUNT } from '../support/aws/moto.ts';
import { type Resource, resourcesOf } from '../support/aws/template.ts';
import { type ConfigName, synthesized } from '../support/infra.ts';
import { list, type Statement } from './permissions-simulator.ts';

/** An installation's resources, and what its roles may do. */
export interface Installation {
  config: InfraConfig;
  /** `arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE`. */
  arn(service: string, resource: string): string;
  ofType(type: string): Resource[];
  /** The one of this type whose property has this value. */
  one(type: string, property: string, value: string): Resource;
  /** Everything that a role may do, by its ARN or its name. */
  policyOf(role: unknown): Statement[];
  functionPolicy(name: string): Statement[];
}

export async function installation(name: ConfigName): Promise<Installation> {
  const { templates, config } = await synthesized(name);
  const all = resourcesOf(templates, { account: ACCOUNT, region: config.region });
  const ofType = (type: string) => all.filter((resource) => resource.type === type);
  const one: Installation['one'] = (type, property, value) => {
    const found = ofType(type).filter(({ properties }) => properties[property] === value);
    if (found.length !== 1) throw new Error(`${found.length} of ${type} have the ${property} ${value}`);
    return found[0]!;
  };
  const policyOf = (role: unknown) => {
    const id = String(role).split('/').at(-1) ?? '';
    return ofType('AWS::IAM::Policy')
      .filter(({ properties }) => (properties['Roles'] as string[]).includes(id))
      .flatMap(({ properties }) => statementsOf(properties['PolicyDocument']));
  };
  return {
    config,
    arn: (service, resource) => `arn:aws:${service}:${config.region}:${ACCOUNT}:${resource}`,
    ofType,
    one,
    policyOf,
    functionPolicy: (fn) =>
      policyOf(one('AWS::Lambda::Function', 'FunctionName', `cairn-${fn}`).properties['Role']),
  };
}

export function statementsOf(document: unknown): Statement[] {
  const { Statement: statements } = document as { Statement: Record<string, unknown>[] };
  return statements.map((statement) => ({
    ...(statement as unknown as Statement),
    Action: list(statement['Action'] as string | string[]),
    Resource: list((statement['Resource'] ?? []) as string | string[]),
  }));
}

/** Each action once, sorted. */
export function actionsOf(policy: readonly Statement[]): string[] {
  return [...new Set(policy.flatMap(({ Action }) => Action))].sort();
}
