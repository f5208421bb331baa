import { inputOf, literalPart } from './inputs.ts';
import { emptyScan, type Scan, scanHcl } from './scan.ts';

/** What project discovery needs of a `.tf.json` file. Never throws. */
export function scanJson(text: string): Scan {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch (error) {
    return emptyScan(error instanceof Error ? error.message : 'not JSON');
  }
  const scan = emptyScan();
  for (const block of each(root)) {
    for (const modules of each(block['module'])) {
      for (const call of Object.values(modules).flatMap(each)) {
        if (typeof call['source'] === 'string') scan.modules.push(literalPart(call['source']));
      }
    }
    for (const variables of each(block['variable'])) {
      if (Object.values(variables).some((v) => each(v).every((one) => !('default' in one))))
        scan.wantsValues = true;
    }
    for (const providers of each(block['provider'])) scan.providers.push(...Object.keys(providers));
    for (const settings of each(block['terraform'])) readSettings(settings, scan);
  }
  readStrings(root, scan);
  return scan;
}

function readSettings(settings: Record<string, unknown>, scan: Scan): void {
  const version = settings['required_version'];
  if (typeof version === 'string') scan.requiredVersions.push(version);
  for (const backends of each(settings['backend'])) {
    for (const [type, value] of Object.entries(backends)) {
      for (const config of each(value))
        scan.backends.push({ type, text: JSON.stringify(config), config: plain(config) });
    }
  }
  for (const cloud of each(settings['cloud'])) {
    scan.backends.push({ type: 'cloud', text: JSON.stringify(cloud), config: null });
  }
}

function plain(config: Record<string, unknown>): Record<string, string | number | boolean> | null {
  const entries = Object.entries(config).filter(([, value]) => value !== null);
  const literal = entries.every(([, v]) =>
    typeof v === 'string' ? !/[$%]\{/.test(v) : typeof v === 'number' || typeof v === 'boolean',
  );
  return literal ? (Object.fromEntries(entries) as Record<string, string | number | boolean>) : null;
}

/** Every string is a template. A stack of our own: nesting comes from outside. */
function readStrings(root: unknown, scan: Scan): void {
  const open: unknown[] = [root];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value === 'object' && value !== null) {
      for (const inner of Object.values(value)) open.push(inner);
    } else if (typeof value === 'string' && value.includes('{')) {
      const whole = inputOf(value, false);
      if (whole) scan.inputs.push(whole);
      scan.inputs.push(...scanHcl(value, true).inputs);
    }
  }
}

/** Terraform's JSON takes one object or a list of them. */
function each(value: unknown): Record<string, unknown>[] {
  const list = Array.isArray(value) ? value : [value];
  return list.filter((item): item is Record<string, unknown> => typeof item === 'object' && item !== null);
}
