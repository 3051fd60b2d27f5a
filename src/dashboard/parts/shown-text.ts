// What rows, errors, names and definitions contain, as text on a page: the one function that everything foreign passes.
//
// The template escapes markup. Here go the characters that a browser obeys without showing them: control characters, ANSI
// sequences, direction marks and other formats become visible signs, and long texts are cut, saying how long they are.

import { html } from 'hono/html';
import type { Html } from '../context.ts';

/** Of a text, where its place does not say less. */
export const CHARACTERS_MAX = 2_000;
/** Line breaks and tabs are left to the style of the place; all else that has no picture of its own gets one. */
const OBEYED = /[^\P{C}\n\t]|[\u2028\u2029]/gu;
/** Signs are longer than what they stand for: they are cut as well, but not within one. */
const HALF_SIGN = /⟨[U+\dA-F]*$/;

/** `bytes` is how many all of the text has, where only its beginning was read. */
export function shownText(text: string, { characters = CHARACTERS_MAX, bytes = byteLength(text) } = {}): Html {
  const kept = text.length > characters ? text.slice(0, characters) : text;
  const all = kept.toWellFormed().replaceAll(OBEYED, visible);
  const shown = all.length > characters ? all.slice(0, characters).replace(HALF_SIGN, '') : all;
  if (shown === all && byteLength(kept) >= bytes) return html`<bdi>${shown}</bdi>`;
  return html`<bdi>${shown}</bdi><span class="cut">… (${bytesText(bytes)} in all)</span>`;
}

/** `⟨U+001B⟩`: with the signs that every font has. */
function visible(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
}

/** `812 bytes`, `12 kB`, `1 MB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`;
  return bytes < 1_000_000
    ? `${Math.round(bytes / 1_000)} kB`
    : `${(bytes / 1_000_000).toFixed(1).replace('.0', '')} MB`;
}

function byteLength(text: string): number {
  return Buffer.byteLength(text);
}
