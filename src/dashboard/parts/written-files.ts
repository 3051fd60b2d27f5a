// The files and columns of a view with the keys and words of its definition, as people write them: pure.

import { formatDuration } from '../../core/duration.ts';
import type { FeatureView, ViewFiles } from '../../definition/view.ts';

/** Below `files` where that is its only table, else below `tables`; what is as usual is there too, since it counts. */
export function writtenFiles(files: NonNullable<FeatureView['files']>): string {
  const tables = Object.entries(files);
  const [only] = tables;
  if (tables.length === 1 && only?.[0] === 'files') return linesOf(only[1]).join('\n');
  const lines = tables.flatMap(([name, table]) => [`  ${name}:`, ...linesOf(table).map((line) => `    ${line}`)]);
  return ['tables:', ...lines].join('\n');
}

/** `columns:`, and below it which column of the files each column of the rows is. */
export function writtenColumns(columns: NonNullable<FeatureView['columns']>): string {
  return ['columns:', ...mapLines(columns)].join('\n');
}

function linesOf({
  pattern,
  format,
  types,
  windowMs,
  onMissing,
  onVanished,
  lateMs,
  onBadField,
  csv = {},
}: ViewFiles): string[] {
  const { header, delimiter, quote, nullText } = csv;
  return [
    `files: ${written(pattern)}`,
    `format: ${format}`,
    ...(Object.keys(types).length === 0 ? [] : ['types:', ...mapLines(types)]),
    ...(header === undefined ? [] : [`header: [${header.map(written).join(', ')}]`]),
    ...(delimiter === undefined ? [] : [`delimiter: ${JSON.stringify(delimiter)}`]),
    ...(quote === undefined ? [] : [`quote: ${quote === null ? 'none' : JSON.stringify(quote)}`]),
    ...(nullText === undefined ? [] : [`null_text: ${JSON.stringify(nullText)}`]),
    `files_window: ${formatDuration(windowMs)}`,
    `late_files: ${formatDuration(lateMs)}`,
    `on_missing: ${onMissing}`,
    ...(onVanished === undefined ? [] : [`on_vanished: ${onVanished}`]),
    ...(format === 'parquet' ? [] : [`on_bad_field: ${onBadField}`]),
  ];
}

function mapLines(map: Readonly<Record<string, string>>): string[] {
  return Object.entries(map).map(([name, value]) => `  ${written(name)}: ${written(value)}`);
}

/** Quoted where YAML would take it for something else. */
function written(text: string): string {
  return /^[A-Za-z_][\w ./={}*(),-]*$/.test(text) && !/, | $|^(true|false|null|yes|no)$/i.test(text)
    ? text
    : JSON.stringify(text);
}
