// A JSON file with one object that contains the rows in a list, which a view must name in `records`.

import { listWithin } from '../../../core/list-some.ts';
import { type Message, text } from '../../../core/message.ts';
import { COLUMNS_CHARACTERS } from '../files-table.ts';
import type { NamedColumns } from '../named-columns.ts';
import type { JsonFile } from './files-json.ts';

/** The problem of a file in which the only object is no row: it has none of the columns that the query names, and a list. */
export function missingRow({ name, only, columns }: JsonFile, named: NamedColumns): Message | null {
  if (only === null || columns.some((column) => named.has(column))) return null;
  const inPath = new Set([...name.matchAll(/([^/=]+)=[^/]*\//g)].map(([, column = '']) => column.toLowerCase()));
  if ([...named.spelled].every((column) => inPath.has(column))) return null;
  const list = listIn(only);
  if (list === null) return null;
  return text`it has no record; its keys are ${listWithin(columns, COLUMNS_CHARACTERS)}; if the records are in the list ${list}, set \`records: $.${list}\` in the view`;
}

/** The first key with a list of objects. */
function listIn(object: string): string | null {
  const members = Object.entries(JSON.parse(object) as Record<string, unknown>); // it is a valid object
  const found = members.find(([, value]) => Array.isArray(value) && value.every(isObject));
  return found?.[0] ?? null;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
