/** GitHub's limits, in characters. */
export const LIMITS = { description: 140, context: 255, title: 255, summary: 65_535, comment: 65_536 };

/** At most `most` characters, the last one an ellipsis where something was cut; never half a character. */
export function clip(text: string, most: number): string {
  if (text.length <= most) return text;
  const cut = text.slice(0, most - 1);
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}

/** One line, for places that show one. */
export function oneLine(text: string, most: number): string {
  return clip(text.replace(/\s+/g, ' ').trim(), most);
}
