import { identity, kindOf } from '../../plans/actions.ts';
import { isRecord } from '../../plans/canonical.ts';
import type { Change, Changes, ResourceChange } from '../../plans/plan.ts';
import { oneLine, quoted } from '../text.ts';
import { writeAttributes, writeChange } from './change.ts';
import { headerOf, remarksOf } from './header.ts';
import { type Context, hiddenNote, type Marker, newLines } from './lines.ts';
import { replaceTree } from './replace-paths.ts';
import { isHidden, resolve, UNKNOWN } from './resolve.ts';
import { newBudget } from './sequence.ts';
import { inlineOf, padding, writeWhole } from './whole.ts';

/** Attributes by which people know an object; shown even if they stay. */
const KNOWN_BY = ['id', 'name'] as const;

/**
 * The body of a ```diff fence, made from the plan's JSON: column 0 holds the marker of the line (`+`, `-`,
 * `!` for a change, else a space), and never anything of a value.
 */
export function renderDiff(changes: Changes): string {
  const context: Context = { out: newLines(), budget: newBudget() };
  let first = true;
  const section = () => {
    if (!first) context.out.blank();
    first = false;
  };

  for (const resource of changes.resources) {
    section();
    writeResource(context, resource, headerOf(resource));
  }
  const outputs = Object.entries(changes.outputs).filter(([, change]) => kindOf(change) !== 'none');
  if (outputs.length > 0) {
    section();
    writeOutputs(context, outputs);
  }
  for (const [index, resource] of changes.drift.entries()) {
    section();
    if (index === 0) {
      context.out.write(' ', 0, '# Changed outside of Terraform since the last apply:');
      context.out.blank();
    }
    const gone = kindOf(resource.change) === 'delete';
    writeResource(
      context,
      resource,
      `${oneLine(identity(resource))} has ${gone ? 'been deleted' : 'changed'}`,
    );
  }
  return context.out.toString();
}

const MARKER: Record<ReturnType<typeof kindOf>, Marker> = {
  create: '+',
  delete: '-',
  update: '!',
  replace: '!',
  forget: ' ',
  read: ' ',
  none: ' ',
};

function writeResource(context: Context, resource: ResourceChange, header: string): void {
  const { out } = context;
  const { change } = resource;
  out.write(' ', 0, `# ${header}`);
  for (const remark of remarksOf(resource)) out.write(' ', 0, `# (${remark})`);

  const kind = kindOf(change);
  const marker = MARKER[kind];
  const { before, after } = sidesOf(change);
  const block = `${resource.mode === 'data' ? 'data' : 'resource'} ${quoted(resource.type)} ${quoted(resource.name)} {`;
  out.write(marker, 0, block);
  if (kind === 'create') writeAll(context, '+', after);
  else if (kind === 'delete') writeAll(context, '-', before);
  else if (kind === 'update' || kind === 'replace') {
    const options = { replace: replaceTree(change.replace_paths), shown: KNOWN_BY };
    const changed = writeAttributes(context, 2, before, after, options);
    // What terraform marks as sensitive is all that differs.
    if (changed === 0) out.write('!', 2, '# (what changes is sensitive)');
  } else writeKnownBy(context, kind === 'forget' ? before : after);
  out.write(marker === '!' ? ' ' : marker, 0, '}');
}

function sidesOf(change: Change): { before: Record<string, unknown>; after: Record<string, unknown> } {
  const before = resolve(change.before, change.before_sensitive, undefined);
  const after = resolve(change.after, change.after_sensitive, change.after_unknown);
  const known = (side: unknown) => (isRecord(side) && side !== UNKNOWN && !isHidden(side) ? side : {});
  return { before: known(before), after: known(after) };
}

/** Every attribute that has a value. */
function writeAll({ out }: Context, marker: Marker, values: Record<string, unknown>): void {
  const keys = Object.keys(values).filter((key) => values[key] !== null && values[key] !== undefined);
  const pad = padding(keys);
  for (const key of keys.sort()) {
    writeWhole(out, marker, 2, { before: `${pad(key)} = `, comma: '', note: '' }, values[key]);
  }
}

/** An object that stays as it is: moved, imported or forgotten. */
function writeKnownBy({ out }: Context, values: Record<string, unknown>): void {
  const keys = Object.keys(values).filter((key) => values[key] !== null && values[key] !== undefined);
  const shown = KNOWN_BY.filter((key) => keys.includes(key) && inlineOf(values[key]) !== null);
  const pad = padding([...shown]);
  for (const key of shown) {
    writeWhole(out, ' ', 2, { before: `${pad(key)} = `, comma: '', note: '' }, values[key]);
  }
  const hidden = keys.length - shown.length;
  if (hidden > 0) out.write(' ', 2, hiddenNote(hidden, 'attribute'));
}

function writeOutputs(context: Context, outputs: [string, Change][]): void {
  context.out.write(' ', 0, '# Changes to outputs');
  const pad = padding(outputs.map(([name]) => name));
  for (const [name, change] of outputs) {
    const before = resolve(change.before, change.before_sensitive, undefined);
    const after = resolve(change.after, change.after_sensitive, change.after_unknown);
    writeChange(context, 0, { before: `${pad(name)} = `, comma: '' }, before, after);
  }
}
