// The files and columns of a view, written as in its definition: pure.

import { formatDuration } from '../../core/duration.ts';
import type { CsvDialect, FeatureView, PagedRequest, ViewFiles } from '../../definition/view.ts';

/** Below `files` if that is the only table, else below `tables`; includes defaults, since they apply. */
export function writtenFiles(files: NonNullable<FeatureView['files']>): string {
  const tables = Object.entries(files);
  const [only] = tables;
  const isPlain = only?.[0] === 'files' || only?.[1].request !== undefined;
  if (tables.length === 1 && only !== undefined && isPlain) return linesOf(only[1]).join('\n');
  const lines = tables.flatMap(([name, table]) => [`  ${name}:`, ...linesOf(table).map((line) => `    ${line}`)]);
  return ['tables:', ...lines].join('\n');
}

/** `columns:`, then the file column of each row column. */
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
  encoding,
  records,
  request,
  csv = {},
}: ViewFiles): string[] {
  return [
    ...(request === undefined ? [`files: ${written(pattern)}`] : requestLines(request)),
    `format: ${format}`,
    ...(Object.keys(types).length === 0 ? [] : ['types:', ...mapLines(types)]),
    ...(encoding === undefined ? [] : [`encoding: ${encoding}`]),
    ...(records === undefined ? [] : [`records: ${JSON.stringify(records)}`]),
    ...dialectLines(csv),
    ...(request === undefined ? timeLines({ windowMs, lateMs, onMissing }) : []),
    ...(onVanished === undefined ? [] : [`on_vanished: ${onVanished}`]),
    ...(format === 'parquet' ? [] : [`on_bad_field: ${onBadField}`]),
  ];
}

function timeLines({ windowMs, lateMs, onMissing }: Pick<ViewFiles, 'windowMs' | 'lateMs' | 'onMissing'>): string[] {
  return [
    `files_window: ${formatDuration(windowMs)}`,
    `late_files: ${formatDuration(lateMs)}`,
    `on_missing: ${onMissing}`,
  ];
}

function requestLines({ path, parameters = {}, pages }: PagedRequest): string[] {
  const following = Object.entries(pages).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return [
    `path: ${JSON.stringify(path)}`,
    ...(Object.keys(parameters).length === 0 ? [] : ['parameters:', ...mapLines(parameters)]),
    `pages: { ${following.join(', ')} }`,
  ];
}

function dialectLines(csv: CsvDialect): string[] {
  const { header, quote, delimiter, nullText, quotedNull, skipLines, footerLines, decimalMark, thousands } = csv;
  const line = (key: string, setting: string | number | boolean | undefined) =>
    setting === undefined ? [] : [`${key}: ${JSON.stringify(setting)}`];
  return [
    ...(header === undefined ? [] : [`header: [${header.map(written).join(', ')}]`]),
    ...line('delimiter', delimiter),
    ...(quote === null ? ['quote: none'] : line('quote', quote)),
    ...line('null_text', nullText),
    ...line('quoted_null', quotedNull),
    ...line('skip_lines', skipLines),
    ...line('footer_lines', footerLines),
    ...line('decimal_mark', decimalMark),
    ...line('thousands', thousands),
  ];
}

function mapLines(map: Readonly<Record<string, string>>): string[] {
  return Object.entries(map).map(([name, value]) => `  ${written(name)}: ${written(value)}`);
}

/** Quoted if YAML would read it as something else. */
function written(text: string): string {
  return /^[A-Za-z_][\w ./={}*(),-]*$/.test(text) && !/, | $|^(true|false|null|yes|no)$/i.test(text)
    ? text
    : JSON.stringify(text);
}
