import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createScrubber, MARK } from '../../../core/plans/scrub.ts';

const SECRET = 'p@ss "word"/+${x} <&>';
const KEY = '-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\n  indented line\n-----END KEY-----\n';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

const FORMS: Record<string, (secret: string) => string> = {
  plain: (s) => s,
  base64: (s) => base64(s),
  'base64 one byte in': (s) => base64(`a${s}z`),
  'base64 two bytes in': (s) => base64(`ab${s}z`),
  'base64 for URLs': (s) => Buffer.from(`user:${s}`).toString('base64url'),
  hexadecimal: (s) => Buffer.from(s).toString('hex'),
  'upper hexadecimal': (s) => Buffer.from(s).toString('hex').toUpperCase(),
  'URL-encoded': (s) => encodeURIComponent(s),
  'URL-encoded by a form': (s) => String(new URLSearchParams({ s })).slice(2),
  JSON: (s) => JSON.stringify(s),
  'JSON in JSON': (s) => JSON.stringify(JSON.stringify(s)),
  'JSON by Go': (s) =>
    JSON.stringify(s).replaceAll('<', '\\u003c').replaceAll('>', '\\u003e').replaceAll('&', '\\u0026'),
  'quoted by Go': (s) => goQuoted(s),
  HCL: (s) => JSON.stringify(s).replaceAll('${', () => '$${'),
};

/** What terraform 1.11 printed of the characters that cannot be seen. */
const BY_GO: [string, string][] = [
  ['\u0001', '\\x01'],
  ['\u007f', '\\x7f'],
  ['\b', '\\b'],
  ['\u000b', '\\v'],
  ['\u001b', '\\x1b'],
  ['\u200b', '\\u200b'],
  ['\u00ad', '\\u00ad'],
  ['\u2028', '\\u2028'],
];

function goQuoted(text: string): string {
  const json = JSON.stringify(text).slice(1, -1);
  return BY_GO.reduce((quoted, [char, written]) => quoted.replaceAll(char, () => written), json);
}

/** What of a form tells the secret: some of the characters at base64's ends belong to its neighbours. */
function leaks(shown: string, form: string, secret: string): boolean {
  const inner = form.slice(3, -4);
  return shown.includes(secret) || (inner.length >= 6 && shown.includes(inner));
}

describe('createScrubber', () => {
  it.each(Object.entries(FORMS))('takes out a secret as %s', (_name, form) => {
    const written = form(SECRET);

    const shown = createScrubber([SECRET])(`before ${written} after`);

    expect(leaks(shown, written, SECRET)).toBe(false);
    expect(shown).toContain(MARK);
    expect(shown.startsWith('before ')).toBe(true);
    expect(shown.endsWith(' after')).toBe(true);
  });

  it.each(BY_GO)('takes out a secret with %j, which terraform prints as %s', (char, written) => {
    const shown = createScrubber([`hunter2${char}tail of it`])(`input = "hunter2${written}tail of it"`);

    expect(shown).toBe(`input = "${MARK}"`);
  });

  it('takes out a secret with a line separator, as terraform writes it in JSON', () => {
    const shown = createScrubber(['hunter2\u2028<tail>'])('{"value":"hunter2\\u2028\\u003ctail\\u003e"}');

    expect(shown).toBe(`{"value":"${MARK}"}`);
  });

  it('takes out each line of a secret of several lines, however it is indented', () => {
    const text = KEY.split('\n')
      .map((line) => `        ${line}`)
      .join('\n');

    const shown = createScrubber([KEY])(`+ key = <<-EOT\n${text}\n    EOT`);

    for (const line of KEY.trim().split('\n')) expect(shown).not.toContain(line.trim());
    expect(shown).toContain('+ key = <<-EOT');
  });

  it('finds base64 that was broken into lines', () => {
    const long = 'x9'.repeat(90);
    const broken = base64(long).replace(/(.{76})/g, '$1\n');

    const shown = createScrubber([long])(broken);

    for (const line of broken.split('\n')) expect(shown).not.toContain(line);
  });

  it('finds a passphrase across a line that terraform wrapped', () => {
    const shown = createScrubber(['correct horse battery'])('│ Error: correct\n│ horse battery is wrong');

    expect(shown).toBe(`│ Error: ${MARK} is wrong`);
  });

  it('leaves no piece of two secrets that overlap', () => {
    const shown = createScrubber(['abcdef', 'bcdefghijk'])('1 abcdefghijk 2');

    expect(shown).toBe(`1 ${MARK} 2`);
  });

  it('leaves words of under six characters', () => {
    expect(createScrubber(['prod', ''])('the prod database')).toBe('the prod database');
  });

  it('never shows a secret, whatever it is and whatever surrounds it', () => {
    // Without the characters of the mark itself, a piece of which could make up a secret.
    const odd = fc.string({
      unit: fc.constantFrom(...'QXZ9_7$%{}"\\/+<>&=#é😀\n'),
      minLength: 6,
      maxLength: 40,
    });
    const secret = odd.filter((text) => text.trim().length >= 6);
    fc.assert(
      fc.property(fc.array(secret, { minLength: 1, maxLength: 4 }), fc.array(odd), (secrets, around) => {
        const forms = secrets.flatMap((s) => Object.values(FORMS).map((form) => form(s)));
        const text = forms.map((form, i) => `${around[i] ?? '~'}${form}`).join('|');

        const shown = createScrubber(secrets)(text);

        for (const s of secrets) expect(shown).not.toContain(s.trim());
        for (const s of secrets) expect(shown).not.toContain(encodeURIComponent(s.trim()));
        for (const s of secrets) expect(shown).not.toContain(JSON.stringify(s.trim()).slice(1, -1));
      }),
    );
  });

  it('does not touch a text without a secret', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'abc \n') }), (text) => {
        expect(createScrubber(['QQQQQQ', 'ZZZ ZZZ'])(text)).toBe(text);
      }),
    );
  });

  it('is quick with thousands of secrets in a long text', () => {
    const secrets = Array.from({ length: 2000 }, (_, i) => `secret-value-number-${i}`);
    const text = 'an ordinary line of a plan with secret-value-number-77 in it\n'.repeat(20_000);
    const scrub = createScrubber(secrets);
    const begun = performance.now();

    const shown = scrub(text);

    expect(shown).not.toContain('secret-value');
    expect(performance.now() - begun).toBeLessThan(5_000);
  });

  it('is quick with a secret of a thousand lines and words, and finds it however it is wrapped', () => {
    const lines = Array.from({ length: 1000 }, (_, i) => `echo "line ${i}" && install -y package-${i}`);
    const scrub = createScrubber([lines.join('\n'), lines.join(' ')]);
    const text = 'every example has words that begin as those of the secret\n'.repeat(5000);
    const begun = performance.now();

    const shown = scrub(`${text}${lines.join('\n  │ ')}`);

    expect(shown.startsWith(text)).toBe(true);
    expect(shown).not.toContain('package');
    expect(performance.now() - begun).toBeLessThan(5_000);
  });
});
