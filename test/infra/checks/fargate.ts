import type { Resource } from '../../support/aws/template.ts';
import { at, type Json, list, nameOf, ofType } from './look.ts';

/**
 * MiB that Fargate takes with so many vCPU. Written down here once more, from the user guide of AWS Batch
 * ("Job definitions on Fargate"), so that a wrong table in the configuration does not prove itself.
 */
const MEMORY: Record<string, (mb: number) => boolean> = {
  '0.25': (mb) => [512, 1024, 2048].includes(mb),
  '0.5': (mb) => mb % 1024 === 0 && mb >= 1024 && mb <= 4096,
  '1': (mb) => mb % 1024 === 0 && mb >= 2048 && mb <= 8192,
  '2': (mb) => mb % 1024 === 0 && mb >= 4096 && mb <= 16_384,
  '4': (mb) => mb % 1024 === 0 && mb >= 8192 && mb <= 30_720,
};

/** Job definitions that Fargate would refuse when the first job is submitted. */
export function fargateSizes(resources: readonly Resource[]): string[] {
  return ofType(resources, 'AWS::Batch::JobDefinition').flatMap((definition) => {
    const task = at(definition.properties, 'EcsProperties', 'TaskProperties', 0);
    return list(at(task, 'Containers')).flatMap((container) => {
      const needs = Object.fromEntries(
        (list(at(container, 'ResourceRequirements')) as Json[]).map(({ Type, Value }) => [Type, Value]),
      );
      const [cpu, memory] = [String(needs['VCPU']), Number(needs['MEMORY'])];
      const problems: string[] = [];
      if (!MEMORY[cpu]?.(memory)) {
        problems.push(`Fargate does not offer ${cpu} vCPU with ${memory} MiB`);
      }
      const disk = Number(at(task, 'EphemeralStorage', 'SizeInGiB') ?? 21);
      if (disk < 21 || disk > 200) problems.push(`Fargate does not offer ${disk} GiB of disk`);
      const stop = Number(at(container, 'StopTimeout') ?? 30);
      if (stop > 120) problems.push(`Fargate waits 120 s at most, not ${stop}`);
      return problems.map((problem) => `${nameOf(definition)}: ${problem}`);
    });
  });
}
