import { z } from 'zod';
import {
  approveRequest,
  commitSha,
  deployRequest,
  destroyRequest,
  driftRequest,
  environmentName,
  ephemeralRequest,
  extendRequest,
  freezeRequest,
  planRequest,
  rejectRequest,
  runRequest,
} from './request.ts';

// A workflow writes these with a shell: numbers may come as text, and what has no value as ''.
const blank = (value: unknown) => (value === '' || value === null ? undefined : value);
const optional = <T extends z.ZodType>(schema: T) => z.preprocess(blank, schema.optional());
const id = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^\d{1,15}$/)
      .transform(Number),
  ])
  .pipe(z.number().int().positive());

const flag = optional(z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]));

/** One name per line, or parted by commas. */
const names = z.preprocess((value) => {
  if (typeof value !== 'string') return value;
  const all = value.split(/[,\n]/).map((name) => name.trim());
  return blank(all.filter((name) => name !== '').join('\n'))
    ?.toString()
    .split('\n');
}, ephemeralRequest.shape.projects);

/** A list as it is written in JSON: a shell's own words would have to be cut again. */
const list = z.preprocess((value) => {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}, runRequest.shape.args);

/** Who asks, and where the answer is told. */
export const asker = z.object({
  /** Id of the workflow run that claims to ask. */
  run_id: id,
  /** Job and step that ask, as they are called in the workflow: the answer is told under it. */
  step: optional(
    z.string().regex(/^[A-Za-z0-9_./-]{1,100}$/, 'a step is letters, digits, "_", ".", "/", "-"'),
  ),
});

const ephemeral = ephemeralRequest.shape;
/** One that exists: by its whole name, or by the name that was asked for. */
const oneEphemeral = { environment: optional(environmentName), name: optional(ephemeral.name.unwrap()) };

/** What may be asked; `actions.ts` says of which branch, and what only by hand. */
export const DETAILS = {
  plan: asker.extend({
    command: z.literal('plan'),
    pull: id,
    commit: optional(commitSha),
    project: optional(planRequest.shape.project.unwrap()),
    environment: optional(environmentName),
  }),
  deploy: asker.extend({
    command: z.literal('deploy'),
    environment: deployRequest.shape.environment,
    commit: optional(commitSha),
    pull: optional(id),
    retry: flag,
    despiteFreeze: flag,
  }),
  approve: asker.extend({
    command: z.literal('approve'),
    environment: environmentName,
    digest: approveRequest.shape.digest,
  }),
  reject: asker.extend({
    command: z.literal('reject'),
    environment: environmentName,
    digest: rejectRequest.shape.digest.unwrap(),
    reason: optional(rejectRequest.shape.reason.unwrap()),
  }),
  rollback: asker.extend({
    command: z.literal('rollback'),
    environment: environmentName,
    commit: optional(commitSha),
    despiteFreeze: flag,
  }),
  ephemeral: asker.extend({
    command: z.literal('ephemeral'),
    ref: optional(ephemeral.ref.unwrap()),
    name: optional(ephemeral.name.unwrap()),
    ttl: optional(ephemeral.ttl.unwrap()),
    projects: names,
    email: optional(ephemeral.email.unwrap()),
  }),
  extend: asker.extend({
    command: z.literal('extend'),
    ...oneEphemeral,
    ttl: optional(extendRequest.shape.ttl.unwrap()),
    at: optional(extendRequest.shape.at.unwrap()),
  }),
  destroy: asker.extend({
    command: z.literal('destroy'),
    ...oneEphemeral,
    confirm: optional(destroyRequest.shape.confirm.unwrap()),
  }),
  run: asker.extend({
    command: z.literal('run'),
    environment: environmentName,
    project: runRequest.shape.project,
    args: list,
  }),
  drift: asker.extend({
    command: z.literal('drift'),
    environment: driftRequest.shape.environment,
    reconcile: flag,
  }),
  freeze: asker.extend({
    command: z.literal('freeze'),
    environment: environmentName,
    reason: freezeRequest.shape.reason,
    until: optional(freezeRequest.shape.until.unwrap()),
  }),
  unfreeze: asker.extend({ command: z.literal('unfreeze'), environment: environmentName }),
};

export type ActionsCommand = keyof typeof DETAILS;
export type ActionsDetail = { [C in ActionsCommand]: z.infer<(typeof DETAILS)[C]> }[ActionsCommand];
