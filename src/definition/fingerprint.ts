// What a change of a view means, as three hashes of its parts (DESIGN 3).
//
// data: everything that can change which rows a run stores. A changed one stops the view until a person has said what
// it means for what is stored. meta: the rest, taken over by itself. rebuild: the part of meta that changes what the
// online store must hold.

import { createHash } from 'node:crypto';
import { stripSql } from './strip-sql.ts';
import type { FeatureView } from './view.ts';

/** Changes when rows may. Comments, spacing and the order of keys and features do not matter. */
export function dataFingerprint(view: FeatureView): string {
  const { files } = view;
  return hashOf({
    kind: view.kind,
    unitMs: view.unitMs,
    source: view.source,
    query: view.query === null ? null : spellingsOf(view.query, files !== null),
    columns: view.columns,
    files: files === null ? null : { ...files, onBadField: null, lateMs: null },
    features: sorted(view.features.map(({ column, type }) => ({ column, type }))),
  });
}

/** Changes with anything that the data fingerprint leaves out, the layout of the query included. */
export function metaFingerprint(view: FeatureView): string {
  const { kind: _kind, unitMs: _unit, source: _source, columns: _columns, files, ...rest } = view;
  return hashOf({ ...rest, onBadField: files?.onBadField ?? null, lateMs: files?.lateMs ?? null });
}

/** Changes when the online store has to be rebuilt although no row changed. */
export function rebuildFingerprint(view: FeatureView): string {
  const features = view.features.map(({ name, column, nullable }) => ({ column, name, nullable }));
  return hashOf({ ttlMs: view.ttlMs, features: sorted(features) });
}

/**
 * A view does not say which database its source is. The query is therefore stripped as each one would read it: whatever
 * the right reading is, a change of it changes the fingerprint.
 */
function spellingsOf(query: string, isOverFiles: boolean): string[] {
  const dialects = isOverFiles ? (['duckdb'] as const) : (['postgres', 'mysql'] as const);
  return dialects.map((dialect) => stripSql(query, dialect));
}

function sorted<Feature extends { readonly column: string }>(features: readonly Feature[]): Feature[] {
  return [...features].sort((a, b) => (a.column < b.column ? -1 : 1));
}

/** The first 16 hex digits of the sha256 of a value as JSON with sorted keys. */
function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value, sortKeys)).digest('hex').slice(0, 16);
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
