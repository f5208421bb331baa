import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { TargetRolesStack } from '../../examples/target-role-cdk/target-roles-stack.ts';
import { targetRoles } from '../../infra/target-role/documents.ts';
import { formatRoles } from '../../infra/target-role/formats.ts';

import {
  type CloudFormation,
  documentsOf,
  expected,
  fromCloudFormation,
  OPTIONS,
  PLAIN,
} from './target-role-cases.ts';

describe('the roles of a target account are the same', () => {
  test.each([
    ['by the CDK example', OPTIONS],
    ['by the CDK example, with nothing but what is needed', PLAIN],
  ])('%s', (_, options) => {
    const stack = new TargetRolesStack(new App(), 'Roles', { roles: options });

    const { Resources } = Template.fromStack(stack).toJSON() as { Resources: CloudFormation };

    expect(fromCloudFormation(Resources)).toEqual(expected(options));
  });

  test.each([
    ['by `cairn target-role --format cloudformation`', OPTIONS],
    ['by `cairn target-role --format cloudformation`, with nothing but what is needed', PLAIN],
  ])('%s', (_, options) => {
    const text = formatRoles(Object.values(targetRoles(options)), 'cloudformation');

    expect(fromCloudFormation((parse(text) as { Resources: CloudFormation }).Resources)).toEqual(
      expected(options),
    );
  });

  test.each([
    ['by the documents of the Terraform module', OPTIONS],
    ['by the documents of the Terraform module, with nothing but what is needed', PLAIN],
  ])('%s', async (_, options) => {
    const roles = await documentsOf(options);

    const made = Object.values(roles).map(({ name, description, trust, inline_policy }) => [
      name,
      {
        description,
        trust: JSON.parse(trust) as unknown,
        inlinePolicy: inline_policy === null ? null : (JSON.parse(inline_policy) as unknown),
      },
    ]);
    expect(Object.fromEntries(made)).toEqual(
      Object.fromEntries(
        Object.entries(expected(options)).map(([name, { description, trust, inlinePolicy }]) => [
          name,
          { description, trust, inlinePolicy },
        ]),
      ),
    );
  });
});
