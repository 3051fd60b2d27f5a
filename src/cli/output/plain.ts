// Sanitizing text for a terminal: rows, errors and definitions may contain anything. All output passes through here.

import { stripVTControlCharacters } from 'node:util';
import { rawJson } from '../../core/raw-json.ts';

/** Control characters, and marks that change the direction of text. */
const INVISIBLE = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** One line without ANSI sequences, control characters and direction marks; line breaks and tabs become spaces. */
export function plain(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/[\t\r\n]+/g, ' ')
    .replace(INVISIBLE, '');
}

/** Exact JSON text without control characters: those that JSON does not escape are escaped here. */
export function plainJson(value: unknown): string {
  const text = JSON.stringify(value, exactNumber, 2);
  const escaped = (found: string) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return text.replace(INVISIBLE, (found) => (found === '\n' ? found : escaped(found)));
}

/** Writes 64-bit integers and −0 exactly, which JSON allows and JSON.stringify does not do. */
function exactNumber(_key: string, value: unknown): unknown {
  if (typeof value !== 'bigint' && !Object.is(value, -0)) return value;
  return rawJson(value === 0 ? '-0' : String(value));
}
