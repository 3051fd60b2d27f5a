// Foreign text on a page: everything from rows, errors, names and definitions passes this function.
//
// The template escapes markup. This makes characters visible that browsers obey silently (control characters, ANSI
// sequences, direction marks, other format characters), and cuts long strings, stating their size.

import { html } from 'hono/html';
import type { Html } from '../context.ts';

/** The default limit. */
export const CHARACTERS_MAX = 2_000;
/** CSS handles line breaks and tabs; any other invisible character becomes a visible sign. */
const OBEYED = /[^\P{C}\n\t]|[\u2028\u2029]/gu;
/** Signs are longer than their characters, so the text is cut again, but never inside a sign. */
const HALF_SIGN = /⟨[U+\dA-F]*$/;

/** `bytes` is the size of the whole text, if only its beginning was read. */
export function shownText(text: string, { characters = CHARACTERS_MAX, bytes = byteLength(text) } = {}): Html {
  const kept = text.length > characters ? text.slice(0, characters) : text;
  const all = kept.toWellFormed().replaceAll(OBEYED, visible);
  const shown = all.length > characters ? all.slice(0, characters).replace(HALF_SIGN, '') : all;
  if (shown === all && byteLength(kept) >= bytes) return html`<bdi>${shown}</bdi>`;
  return html`<bdi>${shown}</bdi><span class="cut">… (${bytesText(bytes)} in all)</span>`;
}

/** `⟨U+001B⟩`: only characters that every font has. */
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
