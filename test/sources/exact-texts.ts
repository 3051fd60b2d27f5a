// The table of exact values (exact-values.ts) as the lines of CSV and JSON.

import type { FieldType } from '../../src/feature-types/index.ts';
import { EXACT_COLUMNS, type ExactColumn, type ExactRow } from './exact-values.ts';

const COLUMNS = Object.keys(EXACT_COLUMNS) as ExactColumn[]; // its own keys

export const EXACT_TYPES: Readonly<Record<ExactColumn, FieldType>> = {
  entity_id: 'string',
  happened_at: 'timestamp',
  whole: 'int',
  exact: 'decimal(38,18)',
  inexact: 'float',
  words: 'string',
  is_new: 'bool',
  moment: 'timestamp',
  day: 'timestamp',
  document: 'json',
};

export const CSV_HEADER = COLUMNS.join(',');

export function csvLine(row: ExactRow): string {
  return COLUMNS.map((column) => csvField(row[column])).join(',');
}

function csvField(text: string | null): string {
  return text === null ? '' : `"${text.replaceAll('"', '""')}"`;
}

export function jsonText(row: ExactRow): string {
  const bare = ['whole', 'exact', 'inexact', 'is_new', 'document'];
  const members = COLUMNS.map((column) => {
    const text = row[column];
    return `${JSON.stringify(column)}: ${text === null || bare.includes(column) ? text : JSON.stringify(text)}`;
  });
  return `{${members.join(', ')}}`;
}
