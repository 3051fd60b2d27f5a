// Three hashes of a view, which decide what an edit means (docs/architecture/definitions.md).
//
// data: everything that can change the rows of a run. If it changes, the view stops until `millrace apply` declares what the
// edit means for stored rows. meta: the rest, which is deployed automatically. rebuild: the part of meta that changes the
// contents of the online store.

import { createHash } from 'node:crypto';
import { isComposite } from './entity.ts';
import type { Job } from './job.ts';
import type { SqlDialect } from './query/sql-text.ts';
import { stripSql } from './query/strip-sql.ts';
import type { FeatureView, ViewFiles } from './view.ts';

/** Covers everything that can change rows. Comments, spacing and the order of keys and features do not matter. */
export function dataFingerprint(view: FeatureView): string {
  const { files } = view;
  return hashOf({
    kind: view.kind,
    unitMs: view.unitMs,
    source: view.source,
    query: view.query === null ? null : spellingsOf(view.query, files === null ? DATABASES : ENGINE),
    ...(view.declared === undefined ? {} : { declared: view.declared }),
    ...(view.pivot === undefined ? {} : { pivot: view.pivot }),
    ...(view.keys === undefined ? {} : { keys: view.keys }),
    columns: view.columns,
    ...(view.complete?.absent === undefined ? {} : { absent: view.complete.absent }),
    // The components decide what an id is. The name of a plain entity changes no row.
    ...(isComposite(view) ? { entity: view.entity } : {}),
    files: files === null ? null : onlyOr(files, rowsOf),
    ...(view.queried === undefined ? {} : { queried: queriedRows(view.queried) }),
    features: sorted(view.features.map(({ column, type }) => ({ column, type }))),
  });
}

/** What can change the rows of tables from other sources. */
function queriedRows(queried: NonNullable<FeatureView['queried']>) {
  return Object.fromEntries(
    Object.entries(queried).map(([name, { source, query }]) => [
      name,
      { source, query: spellingsOf(query, DATABASES) },
    ]),
  );
}

/** Covers everything that the data fingerprint leaves out, including the layout of the query. */
export function metaFingerprint(view: FeatureView): string {
  const { kind: _kind, unitMs: _unit, source: _source, columns: _columns, declared: _declared, ...others } = view;
  const { keys: _keys, pivot: _pivot, files, ...rest } = others;
  const of = <Key extends 'onBadField' | 'lateMs' | 'onVanished'>(key: Key) =>
    files === null ? null : onlyOr(files, (table) => table[key]);
  const tables = Object.values(files ?? {});
  const onVanished = tables.some((table) => table.onVanished !== undefined) ? of('onVanished') : undefined;
  return hashOf({ ...rest, onBadField: of('onBadField'), lateMs: of('lateMs'), onVanished });
}

/** The keys of a table that can change rows. */
function rowsOf({ onVanished: _vanished, viewStart: _start, ...table }: ViewFiles) {
  return { ...table, onBadField: null, lateMs: null };
}

/** Those keys of each table. A view with only the table `files` keeps the form from before there were `tables`. */
function onlyOr<Part>(tables: Readonly<Record<string, ViewFiles>>, part: (files: ViewFiles) => Part) {
  const { files, ...others } = tables;
  if (files !== undefined && Object.keys(others).length === 0) return part(files);
  return { tables: Object.fromEntries(Object.entries(tables).map(([name, table]) => [name, part(table)])) };
}

/** Covers what the online store must be rebuilt for although no row changed. */
export function rebuildFingerprint(view: FeatureView): string {
  const features = view.features.map(({ name, column, nullable }) => ({ column, name, nullable }));
  const complete = view.complete === undefined ? {} : { complete: true };
  return hashOf({ ttlMs: view.ttlMs, features: sorted(features), ...complete });
}

/** Covers all definitions of a project, in any order. Shows which version a process runs. */
export function definitionsFingerprint(views: readonly Fingerprints[], jobs: readonly Job[]): string {
  return hashOf({
    views: Object.fromEntries(views.map(({ view, data, meta }) => [view.name, `${data} ${meta}`])),
    jobs: Object.fromEntries(jobs.map((job) => [job.name, job])),
  });
}

type Fingerprints = { readonly view: { readonly name: string }; readonly data: string; readonly meta: string };

/**
 * A view does not name the kind of its database, so the query is normalized for each dialect. A change in the meaning of
 * the query in any dialect changes the fingerprint.
 */
const DATABASES: readonly SqlDialect[] = ['postgres', 'mysql'];
/** For queries over files. */
const ENGINE: readonly SqlDialect[] = ['duckdb'];

function spellingsOf(query: string, dialects: readonly SqlDialect[]): string[] {
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
