// Rules of a view over lake files.

import { formatDuration, parseDuration } from '../../../core/duration.ts';
import { formatOfPattern, patternProblem, patternSpanMs } from '../../file-pattern.ts';
import type { FromFile } from '../../files/from-file.ts';
import type { TableFile } from '../../files/view-file.ts';
import type { FileFormat } from '../../view.ts';
import { formatKeyPath } from '../../yaml/problem.ts';
import { CSV_ONLY, csvFindings } from '../dialect-rules.ts';
import { atKey, atValue, type Finding, unusedKeys, type ViewDraft } from '../finding.ts';
import { unitOf } from '../time-rules.ts';
import { pagesFindings } from './pages-rules.ts';
import { isQueried, queriedFindings } from './queried-rules.ts';
import { say, type TableDraft, unwantedHere } from './table-draft.ts';

const FILES_ONLY: readonly (keyof TableFile)[] = [
  'format',
  'types',
  'files_window',
  'on_missing',
  'on_vanished',
  'late_files',
  'on_bad_field',
  'encoding',
  'records',
  ...CSV_ONLY,
];

export function filesFindings(draft: ViewDraft): Finding[] {
  const { written } = draft;
  const { from } = draft.sound;
  const isOverFiles =
    written.has('files') || written.has('tables') || (typeof from === 'object' && from.files !== undefined);
  const why = isOverFiles ? 'only for a view on Postgres' : 'a view of kind latest has no intervals to wait for';
  const unsafe = isOverFiles || draft.sound.kind === 'latest' ? unusedKeys(draft, ['safe_bound'], why) : [];
  return [...unsafe, ...tableSetFindings(draft)];
}

function tableSetFindings(draft: ViewDraft): Finding[] {
  const { from } = draft.sound;
  if (draft.written.has('from')) {
    const misplaced = unusedKeys(draft, FILES_ONLY, 'cannot be combined with `from`; set it for the table');
    const paged = unusedKeys(draft, ['path', 'pages', 'parameters'], PAGED_WITH_FROM);
    return [...misplaced, ...paged, ...(typeof from === 'object' ? fromTable(draft, from) : [])];
  }
  if (draft.written.has('tables')) return tablesFindings(draft);
  if (draft.written.has('path')) return pagesFindings(draft);
  const lost = unusedKeys(draft, ['pages', 'parameters'], 'only for an HTTP API; add its `path`');
  if (lost.length > 0) return lost;
  if (!draft.written.has('files')) return unusedKeys(draft, FILES_ONLY, 'only for a view over `files`');
  const { files, ...rest } = draft.sound;
  const sound = files === undefined ? rest : { ...rest, files };
  return tableFindings({ view: draft, path: [], sound: defined(sound), written: draft.written });
}

const PAGED_WITH_FROM =
  'cannot be combined with `from`; to aggregate the pages of an HTTP API, write a `query` over the table `pages`';

function fromTable(
  view: ViewDraft,
  { entity_id: _key, timestamp: _time, where: _where, table: _table, ...rest }: FromFile,
): Finding[] {
  const sound = defined(rest);
  const draft: TableDraft = { view, path: ['from'], sound, written: new Set(Object.keys(sound)) };
  if (sound.files === undefined) return unwantedHere(draft, FILES_ONLY, 'only for a table of `files`');
  return tableFindings(draft);
}

function tablesFindings(draft: ViewDraft): Finding[] {
  const misplaced = [
    ...unusedKeys(draft, ['files'], 'cannot be combined with `tables`; move it under `tables`'),
    ...unusedKeys(draft, FILES_ONLY, 'cannot be combined with `tables`; set it for each table'),
  ];
  const tables = Object.entries(draft.sound.tables ?? {});
  if (draft.sound.tables !== undefined && tables.length === 0) {
    misplaced.push(atValue(['tables'], '`tables`: expected at least one table, found an empty map'));
  }
  if (tables.length > 0 && tables.every(([, table]) => isQueried(table))) {
    misplaced.push(
      atValue(['tables'], '`tables`: expected at least one table of `files`; query the database without `tables`'),
    );
  }
  const inside = tables.flatMap(([name, sound]) => {
    if (isQueried(sound)) return queriedFindings(draft, name, sound);
    const files = defined(sound);
    if (files.files === undefined) return [atKey(['tables', name], noFiles(name))];
    const table = { view: draft, path: ['tables', name], sound: files, written: new Set(Object.keys(files)) };
    return [...tableFindings(table), ...(tables.length > 1 ? missingFindings(table) : [])];
  });
  return [...misplaced, ...inside];
}

function noFiles(name: string): string {
  return `\`tables.${name}.files\` is missing; expected a file pattern such as sales/{yyyy}-{MM}-{dd}.csv`;
}

function tableFindings(draft: TableDraft): Finding[] {
  const { files } = draft.sound;
  if (files === undefined) return [];
  const wrong = patternProblem(files);
  if (wrong !== null) return [say(draft, 'files', `'${files.slice(0, 60)}' ${wrong}`)];
  const times = draft.view.sound.kind === 'latest' ? latestFindings : spanFindings;
  return [...formatFindings(draft, files), ...times(draft, files)];
}

/** With `on_missing: empty`, the columns of an empty table must be known. */
function missingFindings(draft: TableDraft): Finding[] {
  const { sound, path } = draft;
  if (patternSpanMs(sound.files ?? '') === null) return [];
  if (formatOf(draft) !== 'parquet' || (sound.on_missing ?? 'empty') !== 'empty') return [];
  const key = formatKeyPath([...path, 'on_missing']);
  return [
    atKey(
      [...path, 'files'],
      `\`${key}\`: expected wait or fail; with several tables, the columns of a Parquet table without files are unknown`,
    ),
  ];
}

/** The format of a table's files: `format`, or else from their extension. */
function formatOf({ sound, written }: TableDraft): FileFormat | null {
  if (sound.format !== undefined) return sound.format;
  return written.has('format') || sound.files === undefined ? null : formatOfPattern(sound.files);
}

/** Whether a folder of the pattern is named `column=value`. */
function hasPathColumns(files: string): boolean {
  return files
    .split('/')
    .slice(0, -1)
    .some((folder) => folder.includes('='));
}

function formatFindings(draft: TableDraft, files: string): Finding[] {
  const format = formatOf(draft);
  const csvOnly =
    format === null || format === 'csv' ? csvFindings(draft) : unwantedHere(draft, CSV_ONLY, 'only for CSV');
  const jsonOnly = format === null || format === 'json' ? [] : unwantedHere(draft, ['records'], 'only for JSON');
  if (format === 'parquet') {
    const types: readonly (keyof TableFile)[] = hasPathColumns(files) ? [] : ['types'];
    const why = 'only for CSV and JSON; Parquet files have their own types';
    const encoding = unwantedHere(draft, ['encoding'], 'only for CSV and JSON; Parquet files have no encoding');
    return [...csvOnly, ...jsonOnly, ...encoding, ...unwantedHere(draft, [...types, 'on_bad_field'], why)];
  }
  if (format !== null || draft.written.has('format')) return [...csvOnly, ...jsonOnly];
  const endings = '.csv, .parquet, .json, .ndjson or .jsonl (all but .parquet also with .gz, .zst, .bz2 or .zip)';
  return [
    ...csvOnly,
    ...jsonOnly,
    say(draft, 'files', `'${files.slice(0, 60)}' has no known extension; expected ${endings}, or set \`format\``),
  ];
}

function latestFindings(draft: TableDraft, files: string): Finding[] {
  const why = 'a view of kind latest has no intervals';
  const windows = unwantedHere(draft, ['files_window', 'on_vanished'], why);
  if (patternSpanMs(files) === null) return windows;
  return [...windows, say(draft, 'files', `${why}, so the pattern cannot use {yyyy} {MM} {dd} {HH}`)];
}

function spanFindings(draft: TableDraft, files: string): Finding[] {
  const unitMs = unitOf(draft.view);
  if (unitMs === null) return [];
  const spanMs = patternSpanMs(files);
  const { interval } = draft.view.sound;
  const window = windowFindings(draft, unitMs);
  if (spanMs === null && isLookup(draft)) return lookupFindings(draft);
  if (spanMs === null) {
    const expected = `expected placeholders such as {yyyy} {MM} {dd}, at least as fine as the interval (${interval}), or \`kind: latest\` for files without dates`;
    return [say(draft, 'files', `the pattern has no date; ${expected}`), ...window];
  }
  if (spanMs <= unitMs) return window;
  const holds = formatDuration(spanMs);
  return [
    say(
      draft,
      'files',
      `a file covers up to ${holds}, more than the interval of ${interval}; add finer placeholders, or make the interval longer`,
    ),
    ...window,
  ];
}

/** A table without dates alongside one with dates: the same files for each interval. */
function isLookup({ view: { sound }, path }: TableDraft): boolean {
  return (
    path[0] === 'tables' && Object.values(sound.tables ?? {}).some(({ files }) => patternSpanMs(files ?? '') !== null)
  );
}

function lookupFindings(draft: TableDraft): Finding[] {
  const why = 'the pattern has no date, so the table has the same files for every interval';
  const unused = unwantedHere(draft, ['files_window', 'late_files'], why);
  if (draft.sound.on_missing !== 'empty') return unused;
  return [...unused, say(draft, 'on_missing', `expected fail or wait; ${why}`)];
}

function windowFindings(draft: TableDraft, unitMs: number): Finding[] {
  const { files_window: window } = draft.sound;
  const { interval } = draft.view.sound;
  const windowMs = window === undefined ? null : parseDuration(window);
  if (windowMs === null || (windowMs > 0 && windowMs % unitMs === 0)) return [];
  return [say(draft, 'files_window', `expected a multiple of the interval (${interval}), found '${window}'`)];
}

/** The same without undefined keys. */
function defined<Keys extends object>(keys: Keys): Partial<TableFile> {
  return Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== undefined));
}
