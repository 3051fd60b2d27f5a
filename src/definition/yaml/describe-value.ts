// Descriptions of values that do not match their schema.

import { isRawJson } from '../../core/raw-json.ts';

/** A value as shown in a message: a list, a map, nothing, or the value itself. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (isRawJson(value)) return `the number ${value.rawJSON}`;
  if (typeof value === 'object') return 'a map';
  if (typeof value !== 'string') return `${typeof value === 'number' ? 'the number ' : ''}${String(value)}`;
  if (value.trim() === '') return 'an empty string';
  const line = value.replace(/\s+/g, ' ');
  return line.length > 60 ? `'${line.slice(0, 57)}…'` : `'${line}'`;
}
