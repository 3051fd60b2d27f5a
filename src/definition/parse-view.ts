// From a view as written to a view as everything else sees it: words become numbers, and every default is filled in.

import { parseDuration } from '../core/duration.ts';
import { type EpochMs, epochMsOf, parseInstant } from '../core/instant.ts';
import { formatOfPattern } from './file-pattern.ts';
import type { Feature, FeatureType, FeatureView, ViewFiles } from './view.ts';
import type { FeatureFile, ViewFile } from './view-file.ts';

/** What `latest` views have in place of a grid. */
const DAY_MS = 86_400_000;
const LATE_FILES_MS = 7 * DAY_MS;

/** The view of a file in which the schema and the rules have found nothing wrong. */
export function parseView(file: ViewFile): FeatureView {
  const unitMs = durationOf(file.interval) ?? DAY_MS;
  return {
    name: file.name,
    description: file.description,
    entity: file.entity,
    tags: file.tags ?? [],
    source: file.source,
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
    columns: file.columns ?? null,
    files: filesOf(file, unitMs),
    refusedMax: shareOf(file.refused_max),
    removedMax: shareOf(file.removed_max),
    rowsMin: file.rows_min,
    redacted: file.redacted,
  };
}

function featuresOf(file: ViewFile): Feature[] {
  if (file.features !== undefined) return file.features.map((feature) => featureOf(feature, feature.name));
  const only = { name: file.name, type: file.type ?? 'float', nullable: file.nullable ?? false };
  return [featureOf(only, 'value')];
}

function featureOf(feature: FeatureFile, column: string): Feature {
  return {
    name: feature.name,
    column,
    type: typeOf(feature.type),
    nullable: feature.nullable,
    nullsMax: feature.nulls_max === undefined ? null : shareOf(feature.nulls_max),
    min: feature.min ?? null,
    max: feature.max ?? null,
  };
}

function filesOf(file: ViewFile, unitMs: number): ViewFiles | null {
  if (file.files === undefined) return null;
  const types = Object.entries(file.types ?? {}).map(([column, type]) => [column, typeOf(type)] as const);
  return {
    pattern: file.files,
    format: file.format ?? formatOfPattern(file.files) ?? 'csv',
    types: Object.fromEntries(types),
    windowMs: durationOf(file.files_window) ?? unitMs,
    onMissing: file.on_missing ?? 'empty',
    lateMs: durationOf(file.late_files) ?? LATE_FILES_MS,
    onBadField: file.on_bad_field ?? 'refuse',
  };
}

/** 0.01 of `1%` or 0.01. */
function shareOf(share: number | string): number {
  if (typeof share === 'number') return share;
  // Through a decimal text, so that 1.1% is 0.011 and not 0.011000000000000001.
  return Number(`${share.slice(0, -1)}e-2`);
}

function durationOf(text: string | undefined): number | null {
  return text === undefined ? null : parseDuration(text);
}

function instantOf(text: string | undefined): EpochMs | null {
  return text === undefined ? null : parseInstant(text);
}

function typeOf(text: string): FeatureType {
  return text as FeatureType; // the schema's expression admits nothing else
}
