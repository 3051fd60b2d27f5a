// Finds a character of a text value in its file: line breaks and YAML indentation are not in the value.

import { type Document, isAlias, isScalar } from 'yaml';
import type { KeyPath } from './problem.ts';

/** The offset in the file of an offset in the text at `path`; null if it cannot be found. */
export function placeInText(file: string, document: Document, path: KeyPath, offset: number): number | null {
  let node: unknown = document.getIn(path, true);
  if (isAlias(node)) node = node.resolve(document);
  if (!isScalar(node) || typeof node.value !== 'string' || !node.range) return null;
  const [start, end] = node.range;
  const source = file.slice(start, end);
  const found = sameCharacter(source, node.value, offset, bodyOf(source, node.type ?? ''));
  return found === null ? null : start + found;
}

/** Where the text begins in its source: after the quote, or after the line with | or >. */
function bodyOf(source: string, type: string): number {
  if (type.startsWith('BLOCK')) return source.indexOf('\n') + 1;
  return type.startsWith('QUOTE') ? 1 : 0;
}

/** YAML changes only whitespace, except for escapes in quotes, so the nth other character is the same in both. */
function sameCharacter(source: string, text: string, offset: number, body: number): number | null {
  let at = body;
  for (let index = 0; index < text.length; index += 1) {
    if (index >= offset && !isSpace(text.charAt(index))) return skipSpace(source, at);
    if (isSpace(text.charAt(index))) continue;
    at = skipSpace(source, at);
    if (source.charAt(at) !== text.charAt(index)) return null;
    at += source.startsWith("''", at) && source.startsWith("'") ? 2 : 1;
  }
  return at;
}

function skipSpace(source: string, from: number): number {
  let at = from;
  while (at < source.length && isSpace(source.charAt(at))) at += 1;
  return at;
}

function isSpace(character: string): boolean {
  return character.trim() === '';
}
