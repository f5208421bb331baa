import { details, fenced, link } from '../markdown.ts';
import { countLines, splitFenced } from '../split.ts';
import { plural } from '../text.ts';

/** One project's foldable part of a comment. */
export interface Section {
  /** HTML. */
  summary: string;
  body: string;
  language: 'diff' | '';
  /** Markdown before the body; short. */
  intro: string;
  /** Where the whole of it stands, and what it is called. */
  url: string;
  what: string;
  open: boolean;
  /** Lower numbers stay longer when not all sections fit. */
  rank: number;
}

/** A section smaller than this tells nothing: it is left out, and linked. */
const SMALLEST = 500;

/** As many sections as fit, the largest ones cut first, and how many were left out. */
export function fitSections(sections: Section[], room: number): { markdown: string[]; left: number } {
  const most = Math.max(0, Math.floor(room / SMALLEST));
  const kept = new Set([...sections].sort((a, b) => a.rank - b.rank).slice(0, most));
  const full = new Map([...kept].map((section) => [section, renderFull(section)]));

  // Smallest first: what one leaves of its share, the larger ones may have.
  let remaining = room;
  let waiting = kept.size;
  const fitted = new Map<Section, string>();
  for (const [section, whole] of [...full].sort(([, a], [, b]) => a.length - b.length)) {
    // One line feed more for each: they are put below each other.
    const share = Math.floor(remaining / waiting) - 2;
    const markdown = whole.length <= share ? whole : renderCut(section, share);
    waiting--;
    if (markdown === null) continue;
    fitted.set(section, markdown);
    remaining -= markdown.length + 2;
  }
  const markdown = sections.map((section) => fitted.get(section)).filter((text) => text !== undefined);
  return { markdown, left: sections.length - markdown.length };
}

function renderFull(section: Section): string {
  const body = section.body === '' ? [] : [fenced(section.body, section.language)];
  return frame(section, [...body, link(section.what, section.url)]);
}

/** Its beginning, and a link to the rest of it. Null if nothing of it fits. */
function renderCut(section: Section, limit: number): string | null {
  const trailer = (lines: number) =>
    `… ${plural(lines, 'more line')}: ${link(`full ${section.what}`, section.url)}`;
  const empty = frame(section, ['', trailer(countLines(section.body))]);
  const [first, ...rest] = splitFenced(section.body, section.language, limit - empty.length);
  if (!first) return null;
  const more = countLines(rest.map(({ text }) => text).join(''));
  const markdown = frame(section, [first.markdown, trailer(more)]);
  return markdown.length <= limit ? markdown : null;
}

function frame(section: Section, parts: string[]): string {
  const body = [section.intro, ...parts].filter((part) => part !== '').join('\n\n');
  return details(section.summary, body, section.open);
}
