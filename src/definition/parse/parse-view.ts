// Parses a view file: durations and shares become numbers, and defaults are filled in.

import { parseDuration } from '../../core/duration.ts';
import { type EpochMs, epochMsOf, parseInstant } from '../../core/instant.ts';
import { longestWindow } from '../declared/declared.ts';
import { expandedFeatures, isNullable, parseDeclared } from '../declared/parse-declared.ts';
import { entityOf } from '../entity.ts';
import { formatOfPattern, patternSpanMs } from '../file-pattern.ts';
import { fieldTypeOf } from '../files/field.ts';
import type { FromFile } from '../files/from-file.ts';
import type { FeatureFile, TableFile, ViewFile } from '../files/view-file.ts';
import {
  type CsvDialect,
  DEFAULT_SOURCE,
  type Feature,
  type FeatureView,
  PAGES_TABLE,
  type PagedRequest,
  type TextEncoding,
  type ViewFiles,
} from '../view.ts';
import { parseCheck } from './parse-checks.ts';
import { shareOf } from './share.ts';

/** The interval of `latest` views, which is not used. */
/** The default for `removed_max`. */
const REMOVED_MAX = '10%';
const DAY_MS = 86_400_000;
const LATE_FILES_MS = 7 * DAY_MS;
const PAGES_MAX = 10_000;
const QUERIED_ROWS_MAX = 1_000_000;

/** The view of a valid file. */
export function parseView(file: ViewFile): FeatureView {
  const unitMs = durationOf(file.interval) ?? DAY_MS;
  return {
    name: file.name,
    description: file.description,
    ...(file.owner === undefined ? {} : { owner: file.owner }),
    entity: entityOf(file.entity),
    tags: file.tags ?? [],
    source: file.source ?? (file.kind === 'pushed' ? '' : DEFAULT_SOURCE),
    kind: file.kind,
    unitMs,
    start: instantOf(file.start) ?? epochMsOf(0),
    end: instantOf(file.end),
    settleMs: durationOf(file.settle) ?? 0,
    lookbackUnits: file.lookback,
    ttlMs: durationOf(file.ttl),
    catchUp: file.catch_up,
    after: file.after ?? [],
    freshnessMs: durationOf(file.freshness),
    failuresMax: file.failures_max,
    features: featuresOf(file),
    query: file.query ?? null,
    ...declaredOf(file),
    ...(file.pivot === undefined ? {} : { pivot: file.pivot }),
    ...(file.incremental ? { incremental: true } : {}),
    ...(file.keys === undefined ? {} : { keys: file.keys }),
    columns: file.columns ?? null,
    files: tablesOf(file, unitMs),
    ...queriedOf(file),
    refusedMax: shareOf(file.refused_max),
    removedMax: shareOf(file.removed_max ?? REMOVED_MAX),
    ...completeOf(file),
    ...duplicatesOf(file),
    rowsMin: file.rows_min,
    ...(file.rows_max === undefined ? {} : { rowsMax: file.rows_max }),
    ...(file.safe_bound === true ? { safeBound: true } : {}),
    ...(file.checks === undefined || file.checks.length === 0
      ? {}
      : { checks: file.checks.map((check) => parseCheck(check, unitMs)) }),
    redacted: file.redacted,
  };
}

function featuresOf(file: ViewFile): Feature[] {
  if (file.features !== undefined) {
    return expandedFeatures(file.features).map(({ feature }) => featureOf(feature, feature.name));
  }
  const only: FeatureFile = { name: file.name, type: file.type ?? 'float', nullable: file.nullable ?? false };
  return [featureOf(only, 'value')];
}

function featureOf(feature: FeatureFile, column: string): Feature {
  return {
    name: feature.name,
    column,
    type: feature.type,
    nullable: isNullable(feature),
    nullsMax: feature.nulls_max === undefined ? null : shareOf(feature.nulls_max),
    min: feature.min ?? null,
    max: feature.max ?? null,
  };
}

/** A lookup that finds two rows yields two rows of an entity, which must fail. */
function duplicatesOf({ duplicates_max: written, features = [] }: ViewFile): Pick<FeatureView, 'duplicatesMax'> {
  if (written !== undefined) return { duplicatesMax: shareOf(written) };
  return features.some(({ aggregate }) => aggregate === 'lookup') ? { duplicatesMax: 0 } : {};
}

/** Declared features are complete unless the view says otherwise: a query that yields some entities only is rare. */
function completeOf(file: ViewFile): Pick<FeatureView, 'complete'> {
  if (!(file.complete ?? file.from !== undefined)) return {};
  const { allow_empty: allowEmpty, removed_max: missingMax, absent } = file;
  return {
    complete: {
      ...(allowEmpty === true ? { allowEmpty } : {}),
      ...(missingMax === undefined ? {} : { missingMax: shareOf(missingMax) }),
      ...(absent === 'zero' ? { absent } : {}),
    },
  };
}

/** `from`, which a loaded file has as a map: a name in it has been replaced by the table. */
function fromOf({ from }: ViewFile): FromFile | null {
  return typeof from === 'object' ? from : null;
}

function declaredOf(file: ViewFile): Pick<FeatureView, 'declared'> {
  const from = fromOf(file);
  return from === null ? {} : { declared: parseDeclared(from, expandedFeatures(file.features ?? [])) };
}

/** The files of a view with `from`: by default, those of its longest window. */
function declaredFiles(file: ViewFile, unitMs: number): Record<string, ViewFiles> | null {
  const from = fromOf(file);
  if (from?.files === undefined) return null;
  const longestMs = longestWindow(parseDeclared(from, expandedFeatures(file.features ?? []))) ?? unitMs;
  const table = filesOf({ ...from, files: from.files }, unitMs);
  const windowMs = Math.ceil(longestMs / unitMs) * unitMs;
  return { files: from.files_window === undefined ? { ...table, windowMs } : table };
}

/** The table of an HTTP API. Its pattern is the name of the file that a test of the view writes. */
function pagesOf(file: ViewFile, path: string, unitMs: number): Record<string, ViewFiles> {
  const { next, parameter, offset, max = PAGES_MAX } = file.pages ?? {};
  const format = file.format ?? 'json';
  const request: PagedRequest = {
    path,
    ...(file.parameters === undefined ? {} : { parameters: file.parameters }),
    pages: {
      ...(next === undefined ? {} : { next }),
      ...(parameter === undefined ? {} : { parameter }),
      ...(offset === undefined ? {} : { offset }),
      max,
    },
  };
  const table = filesOf({ ...file, format, files: `${PAGES_TABLE}.${format}`, late_files: '0s' }, unitMs);
  return { [PAGES_TABLE]: { ...table, request } };
}

function tablesOf(file: ViewFile, unitMs: number): Record<string, ViewFiles> | null {
  if (file.path !== undefined) return pagesOf(file, file.path, unitMs);
  if (file.from !== undefined) return declaredFiles(file, unitMs);
  if (file.tables !== undefined) {
    const read = file.kind === 'latest' ? filesOf : tableOf;
    return Object.fromEntries(
      Object.entries(file.tables).flatMap(([name, { files, source: _, query: __, rows_max: ___, ...table }]) =>
        files === undefined ? [] : [[name, read({ ...table, files }, unitMs)]],
      ),
    );
  }
  return file.files === undefined ? null : { files: filesOf({ ...file, files: file.files }, unitMs) };
}

function queriedOf({ tables = {} }: ViewFile): Pick<FeatureView, 'queried'> {
  const queried = Object.entries(tables).flatMap(([name, { source, query, rows_max: rowsMax = QUERIED_ROWS_MAX }]) =>
    source === undefined || query === undefined ? [] : [[name, { source, query, rowsMax }] as const],
  );
  return queried.length === 0 ? {} : { queried: Object.fromEntries(queried) };
}

/** A table whose pattern has no date is the same for every interval, and never empty or late. */
function tableOf(table: TableFile, unitMs: number): ViewFiles {
  const files = filesOf(table, unitMs);
  if (patternSpanMs(table.files) !== null) return files;
  return { ...files, lateMs: 0, onMissing: table.on_missing ?? 'fail' };
}

function filesOf(table: TableFile, unitMs: number): ViewFiles {
  const types = Object.entries(table.types ?? {}).map(([column, type]) => [column, fieldTypeOf(type)] as const);
  const csv = dialectOf(table);
  return {
    pattern: table.files,
    format: table.format ?? formatOfPattern(table.files) ?? 'csv',
    types: Object.fromEntries(types),
    windowMs: durationOf(table.files_window) ?? unitMs,
    onMissing: table.on_missing ?? 'empty',
    lateMs: durationOf(table.late_files) ?? LATE_FILES_MS,
    onBadField: table.on_bad_field ?? 'refuse',
    ...(table.on_vanished === 'warn' ? { onVanished: 'warn' } : {}),
    ...encodingOf(table),
    ...(table.records === undefined ? {} : { records: table.records }),
    ...(Object.keys(csv).length === 0 ? {} : { csv }),
  };
}

function encodingOf({ encoding }: TableFile): { readonly encoding?: TextEncoding } {
  return encoding === undefined || encoding === 'utf-8' ? {} : { encoding };
}

/** Only the settings that differ from the defaults. */
function dialectOf(table: TableFile): CsvDialect {
  const { header, delimiter, quote, null_text: nullText } = table;
  return {
    ...(header === undefined ? {} : { header }),
    ...(delimiter === undefined || delimiter === ',' ? {} : { delimiter }),
    ...(quote === undefined || quote === '"' ? {} : { quote: quote === 'none' ? null : quote }),
    ...(nullText === undefined || nullText === '' ? {} : { nullText }),
    ...exportDialectOf(table),
  };
}

/** The settings for files that people export from other programs. */
function exportDialectOf(table: TableFile): CsvDialect {
  const { quoted_null: quotedNull, skip_lines: skipLines = 0, footer_lines: footerLines = 0 } = table;
  const { decimal_mark: decimalMark = '.', thousands } = table;
  return {
    ...(quotedNull === true ? { quotedNull } : {}),
    ...(skipLines === 0 ? {} : { skipLines }),
    ...(footerLines === 0 ? {} : { footerLines }),
    ...(decimalMark === '.' ? {} : { decimalMark }),
    ...(thousands === undefined ? {} : { thousands }),
  };
}

function durationOf(text: string | undefined): number | null {
  return text === undefined ? null : parseDuration(text);
}

function instantOf(text: string | undefined): EpochMs | null {
  return text === undefined ? null : parseInstant(text);
}
