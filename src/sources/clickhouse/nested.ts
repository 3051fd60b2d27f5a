// Converts the text of arrays, tuples and maps to JSON: ['a',NULL] as ["a",null], ('a',1) as ["a",1] or, with names, as an
// object. Numbers keep their digits.

import { columnType } from './column-type.ts';
import { floatText, unescapedField, unpadded } from './field.ts';
import type { ClickhouseType, TypePart } from './type-text.ts';

/** What is left to read of a string. */
type Cursor = { readonly text: string; at: number };

const QUOTED = /'([^'\\]*(?:\\.[^'\\]*)*)'/sy;
const BARE = /[^,:\])}]+/y;
const NO_TYPE: ClickhouseType = { name: 'Nothing', parts: [] };

/** NaN stays NaN, which is not valid JSON, so the row check refuses it. */
export function jsonOf(text: string, type: ClickhouseType): string {
  return jsonValue({ text, at: 0 }, type);
}

function jsonValue(cursor: Cursor, type: ClickhouseType): string {
  if (type.name === 'Nested')
    return jsonValue(cursor, { name: 'Array', parts: [{ name: null, type: { ...type, name: 'Tuple' } }] });
  const { parts } = type;
  if (taken(cursor, 'NULL')) return 'null';
  if (type.name === 'Array') {
    const element = parts[0]?.type ?? NO_TYPE;
    return `[${listed(cursor, '[', ']', () => jsonValue(cursor, element)).join(',')}]`;
  }
  if (type.name === 'Map') return `{${listed(cursor, '{', '}', () => pair(cursor, parts)).join(',')}}`;
  if (type.name === 'Tuple') return tupleJson(cursor, parts);
  return scalarJson(cursor, type);
}

/** The elements between two brackets. A string that ends early has fewer. */
function listed(cursor: Cursor, open: string, close: string, element: (index: number) => string): string[] {
  const elements: string[] = [];
  taken(cursor, open);
  while (!taken(cursor, close) && cursor.at < cursor.text.length) {
    elements.push(element(elements.length));
    taken(cursor, ',');
  }
  return elements;
}

function tupleJson(cursor: Cursor, parts: readonly TypePart[]): string {
  const hasNames = parts.length > 0 && parts.every(({ name }) => name !== null);
  const elements = listed(cursor, '(', ')', (index) => {
    const { name = null, type = NO_TYPE } = parts[index] ?? {};
    const json = jsonValue(cursor, type);
    return hasNames ? `${JSON.stringify(name)}:${json}` : json;
  });
  return hasNames ? `{${elements.join(',')}}` : `[${elements.join(',')}]`;
}

/** JSON keys are strings. */
function pair(cursor: Cursor, [key, value]: readonly TypePart[]): string {
  const name = jsonValue(cursor, key?.type ?? NO_TYPE);
  taken(cursor, ':');
  const json = jsonValue(cursor, value?.type ?? NO_TYPE);
  return `${name.startsWith('"') ? name : JSON.stringify(name)}:${json}`;
}

function scalarJson(cursor: Cursor, type: ClickhouseType): string {
  const quoted = matched(cursor, QUOTED);
  const bare = quoted === null ? matched(cursor, BARE) : null;
  if (quoted === null && bare === null) {
    cursor.at += 1; // never the same place twice
    return 'null';
  }
  const text = unescapedField(quoted?.[1] ?? bare?.[0] ?? '');
  switch (columnType(type)) {
    case 'float':
      return floatText(text);
    case 'int':
    case 'decimal':
    case 'bool':
      return text;
    default:
      return JSON.stringify(type.name === 'FixedString' ? unpadded(text) : text);
  }
}

function taken(cursor: Cursor, text: string): boolean {
  if (!cursor.text.startsWith(text, cursor.at)) return false;
  cursor.at += text.length;
  return true;
}

function matched(cursor: Cursor, expression: RegExp): RegExpExecArray | null {
  expression.lastIndex = cursor.at;
  const found = expression.exec(cursor.text);
  if (found !== null) cursor.at = expression.lastIndex;
  return found;
}
