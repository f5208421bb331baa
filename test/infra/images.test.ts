import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { BASES } from '../../infra/images-base.ts';
import { IMAGES, STACKS } from '../../infra/names.ts';
import { executorArgs } from '../../infra/stacks/images.ts';
import { type Resource, resourcesOf } from '../support/aws/template.ts';
import { type ConfigName, configOf, synthesized } from '../support/infra.ts';
import { at, type Json, list, statementsOf } from './checks/look.ts';

const ROOT = path.join(import.meta.dirname, '../..');

async function images(name: ConfigName) {
  const { config, templates } = await synthesized(name);
  const all = resourcesOf(templates, { account: '123456789012', region: config.region });
  const of = (type: string) =>
    all.filter((resource) => resource.stack === STACKS.images && resource.type === type);
  const project = (wanted: string) =>
    of('AWS::CodeBuild::Project').find(({ properties }) => String(properties['Name']).endsWith(wanted))!;
  return { all, of, project };
}

function variables(project: Resource): Record<string, string> {
  const all = list(at(project.properties, 'Environment', 'EnvironmentVariables')) as Json[];
  return Object.fromEntries(all.map(({ Name, Value }) => [Name, Value]));
}

describe('the images', () => {
  it.each([
    ['minimal', 'ARM_CONTAINER', BASES.executor.arm64],
    ['full', 'LINUX_CONTAINER', BASES.executor.x86_64],
  ] as const)('of %s are built on the machine that they run on', async (name, type, base) => {
    const { project } = await images(name);

    const executor = project('executor');

    expect(at(executor.properties, 'Environment', 'Type')).toBe(type);
    expect(JSON.parse(variables(executor)['BUILD_ARGS'] ?? '')).toMatchObject({ BASE: base });
  });

  it('are called by what they are made of, and used by that name', async () => {
    const { of, all, project } = await images('minimal');

    const wanted = of('Custom::CairnImage').map(({ properties }) => properties);
    const tags = Object.fromEntries(wanted.map(({ Repository, Tag }) => [Repository, Tag]));

    expect(Object.keys(tags)).toEqual([IMAGES.executor, IMAGES.lambda]);
    expect(variables(project('lambda'))['TAG']).toBe(tags[IMAGES.lambda]);
    const functions = all.filter(({ properties }) => properties['PackageType'] === 'Image');
    expect(functions.length).toBeGreaterThan(20);
    for (const { properties } of functions) {
      expect(at(properties, 'Code', 'ImageUri')).toBe(
        `123456789012.dkr.ecr.eu-west-1.amazonaws.com/cairn-lambda:${tags[IMAGES.lambda]}`,
      );
    }
  });

  it('have another name when anything that they are made of is another', async () => {
    const [minimal, full, many] = await Promise.all(
      (['minimal', 'full', 'many'] as const).map(async (name) => {
        const { of } = await images(name);
        return of('Custom::CairnImage').map(({ properties }) => String(properties['Tag']));
      }),
    );

    // Other versions, another architecture; the functions' image knows nothing of versions.
    expect(new Set([minimal?.[0], full?.[0], many?.[0]]).size).toBe(3);
    expect(minimal?.[1]).toBe(many?.[1]);
    expect(minimal?.[1]).not.toBe(full?.[1]);
  });

  it('are told to have what the operator lists', () => {
    expect(executorArgs(configOf('full'))).toEqual({
      TERRAFORM_VERSIONS: '',
      OPENTOFU_VERSIONS: '1.10.6 1.9.4',
      PROVIDERS: 'hashicorp/aws@5.100.0',
    });
  });

  it('take every argument that they are given', async () => {
    const { project } = await images('full');

    for (const [wanted, file] of [
      ['executor', 'executor/Dockerfile'],
      ['lambda', 'lambdas/Dockerfile'],
    ] as const) {
      const dockerfile = readFileSync(path.join(ROOT, file), 'utf8');
      const given = Object.keys(JSON.parse(variables(project(wanted))['BUILD_ARGS'] ?? ''));
      for (const arg of given) expect(dockerfile).toMatch(new RegExp(`^ARG ${arg}\\b`, 'm'));
    }
  });

  it('stand on bases that are named by digest', () => {
    for (const base of Object.values(BASES).flatMap((one) => Object.values(one))) {
      expect(base).toMatch(/^public\.ecr\.aws\/\S+@sha256:[0-9a-f]{64}$/);
    }
  });

  it('are pushed to their own repositories by a role that can do nothing else there', async () => {
    const { of } = await images('minimal');

    const pushed = of('AWS::IAM::Policy')
      .flatMap((policy) => statementsOf(policy))
      .filter(({ Action }) => list(Action).includes('ecr:PutImage'))
      .map(({ Resource }) => Resource);

    expect(pushed).toEqual([
      'arn:aws:ecr:eu-west-1:123456789012:repository/cairn-executor',
      'arn:aws:ecr:eu-west-1:123456789012:repository/cairn-lambda',
    ]);
  });

  it('end before CloudFormation stops waiting', async () => {
    const { of } = await images('minimal');

    const [wait] = of('Custom::CairnImage').map(({ properties }) => Number(properties['ServiceTimeout']));
    for (const { properties } of of('AWS::CodeBuild::Project')) {
      const minutes = Number(properties['TimeoutInMinutes']) + Number(properties['QueuedTimeoutInMinutes']);
      expect(minutes * 60).toBeLessThan(wait ?? 0);
    }
  });
});
