import type { InfraConfig } from '../../../infra/config/config.ts';
import type { Resource } from '../../support/aws/template.ts';
import { list, nameOf, ofType, statementsOf } from './look.ts';

/** Roles without the boundary that the operator asks for. */
export function boundedRoles(resources: readonly Resource[], { permissionBoundary }: InfraConfig): string[] {
  if (permissionBoundary === null) return [];
  return ofType(resources, 'AWS::IAM::Role', 'AWS::IAM::User')
    .filter(({ properties }) => properties['PermissionsBoundary'] !== permissionBoundary)
    .map((role) => `${nameOf(role)}: is not bounded by ${permissionBoundary}`);
}

const POLICIES = ['AWS::IAM::Role', 'AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy', 'AWS::IAM::RolePolicy'];

/** Rights that are not spelled out, and what everybody of a service may do by a policy of AWS's own. */
export function noStarActions(resources: readonly Resource[]): string[] {
  return ofType(resources, ...POLICIES).flatMap((resource) => [
    ...statementsOf(resource)
      .filter(({ Effect }) => Effect === 'Allow')
      .flatMap(({ Action }) => list(Action).map(String))
      .filter((action) => action.includes('*'))
      .map((action) => `${nameOf(resource)}: may ${action}`),
    ...list(resource.properties['ManagedPolicyArns']).map(
      (policy) => `${nameOf(resource)}: has ${String(policy)}, which AWS may widen`,
    ),
  ]);
}
