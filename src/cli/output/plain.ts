// What rows, errors and definitions contain, made harmless for a terminal: the one function that everything printed passes.

import { stripVTControlCharacters } from 'node:util';

/** Control characters, and the marks that make a terminal show text in another order than it has. */
const INVISIBLE = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** One line without ANSI sequences, control characters and direction marks; line breaks and tabs become spaces. */
export function plain(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/[\t\r\n]+/g, ' ')
    .replace(INVISIBLE, '');
}

/** JSON text that is exact and yet holds no character that a terminal obeys: those that JSON leaves alone are escaped. */
export function plainJson(value: unknown): string {
  const text = JSON.stringify(value, exactNumber, 2);
  const escaped = (found: string) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return text.replace(INVISIBLE, (found) => (found === '\n' ? found : escaped(found)));
}

/** 64-bit integers and −0 with their own digits, which JSON has and JSON.stringify has not. */
function exactNumber(_key: string, value: unknown): unknown {
  if (typeof value !== 'bigint' && !Object.is(value, -0)) return value;
  // Node 24 has it; the compiler's library of ES2024 does not know it yet.
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(value === 0 ? '-0' : String(value));
}
