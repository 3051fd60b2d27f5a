// Any text of a row, an error or a name is text on a page.

import { describe, expect, test } from 'vitest';
import { bytesText, shownText } from '../../src/dashboard/parts/shown-text.ts';

const shown = async (...given: Parameters<typeof shownText>) => String(await shownText(...given));

describe('shownText', () => {
  test('escapes markup', async () => {
    expect(await shown(`<script>alert('1')</script> "&amp;"`)).toBe(
      '<bdi>&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &quot;&amp;amp;&quot;</bdi>',
    );
  });

  test('makes characters visible that a browser or a terminal obeys: escapes, direction marks, zero widths, deletions, tags', async () => {
    expect(await shown('a\u001b[31mb\u202egnp.exe\u200b\u0007\u007f\u009b\u2028\u{e0041}')).toBe(
      '<bdi>a⟨U+001B⟩[31mb⟨U+202E⟩gnp.exe⟨U+200B⟩⟨U+0007⟩⟨U+007F⟩⟨U+009B⟩⟨U+2028⟩⟨U+E0041⟩</bdi>',
    );
  });

  test('leaves lines, tabs and the letters of every language alone', async () => {
    expect(await shown('one\n\ttwo מזל 中文 🎉')).toBe('<bdi>one\n\ttwo מזל 中文 🎉</bdi>');
  });

  test('replaces half a surrogate pair', async () => {
    expect(await shown('a\ud800b')).toBe('<bdi>a\ufffdb</bdi>');
  });

  test('cuts a megabyte and says so', async () => {
    const text = await shown('x'.repeat(1_000_000));
    expect(text).toBe(`<bdi>${'x'.repeat(2_000)}</bdi><span class="cut">… (1 MB in all)</span>`);
  });

  test('cuts between the halves of a pair without leaving one', async () => {
    expect(await shown('a🎉', { characters: 2 })).toBe('<bdi>a\ufffd</bdi><span class="cut">… (5 bytes in all)</span>');
  });

  test('shows the size of a text whose beginning was read', async () => {
    expect(await shown('abc', { bytes: 12_400 })).toBe('<bdi>abc</bdi><span class="cut">… (12 kB in all)</span>');
  });
});

describe('bytesText', () => {
  test('uses a fitting unit', () => {
    expect([999, 1_000, 999_000, 1_000_000, 2_540_000].map(bytesText)).toEqual([
      '999 bytes',
      '1 kB',
      '999 kB',
      '1 MB',
      '2.5 MB',
    ]);
  });
});
