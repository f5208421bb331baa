/** Shapes of resource addresses, as terraform writes them: `module.a["x"].aws_instance.web[0]`. */

const NAME = '[\\p{L}_][\\p{L}\\p{N}_-]*';
/** A number, or a string without line breaks. */
const KEY = '\\[(?:[0-9]{1,9}|"(?:[^"\\\\\\p{Cc}]|\\\\[^\\p{Cc}])*")\\]';
const MODULE = `module\\.${NAME}(?:${KEY})?`;
const RESOURCE = `${NAME}\\.${NAME}(?:${KEY})?`;

const MODULES = new RegExp(`^${MODULE}(?:\\.${MODULE})*$`, 'u');
const MANAGED = new RegExp(`^(?:${MODULE}\\.)*(?!module\\.|data\\.)${RESOURCE}$`, 'u');
const DATA = new RegExp(`^(?:${MODULE}\\.)*data\\.${RESOURCE}$`, 'u');

/** A resource that terraform manages, or one instance of it. */
export function isManaged(text: string): boolean {
  return MANAGED.test(text);
}

export function isAnyResource(text: string): boolean {
  return MANAGED.test(text) || DATA.test(text);
}

/** A resource, or a module with all that is in it. */
export function isAnything(text: string): boolean {
  return isAnyResource(text) || MODULES.test(text);
}
