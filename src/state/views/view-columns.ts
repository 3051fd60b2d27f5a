// The fields of a definition that SQL reads: columns of millrace.view. They are filled only here, so that no statement
// parses the stored definition; a field that is renamed or added does not compile until this file handles it.

import { longestWindow } from '../../definition/declared/declared.ts';
import { type FeatureView, sourceNames } from '../../definition/view.ts';
import { valueFeature } from './value-feature.ts';

/** A column and its value from a definition, as JSON that Postgres converts to the column's type. */
type Column = readonly [column: string, value: (view: FeatureView) => unknown];

/** Null for fields that only workers read, from the definition itself. */
const COLUMNS: { readonly [Field in keyof Required<FeatureView>]: Column | null } = {
  name: null,
  owner: null,
  description: ['description', ({ description }) => description],
  entity: ['entity', ({ entity }) => entity],
  tags: ['tags', ({ tags }) => tags],
  source: ['source', ({ source }) => source],
  kind: ['kind', ({ kind }) => kind],
  unitMs: ['unit', ({ unitMs }) => intervalText(unitMs)],
  start: ['start_at', ({ start }) => new Date(start).toISOString()],
  end: ['end_at', ({ end }) => (end === null ? null : new Date(end).toISOString())],
  settleMs: ['settle', ({ settleMs }) => intervalText(settleMs)],
  // The parts of an incremental view are read again, and make the units stale that they change.
  lookbackUnits: [
    'lookback',
    ({ lookbackUnits, unitMs, incremental }) => intervalText(incremental === true ? 0 : lookbackUnits * unitMs),
  ],
  ttlMs: null,
  catchUp: ['catch_up', ({ catchUp }) => catchUp],
  after: ['after_views', ({ after }) => after],
  freshnessMs: ['freshness', ({ freshnessMs }) => (freshnessMs === null ? null : intervalText(freshnessMs))],
  failuresMax: ['failures_max', ({ failuresMax }) => failuresMax],
  features: ['value_feature', valueFeature],
  query: null,
  declared: null,
  pivot: null,
  incremental: ['parts_window', partsWindow],
  partsOf: ['parts_of', ({ partsOf }) => partsOf ?? null],
  keys: null,
  columns: null,
  files: ['late_files', lateFiles],
  queried: ['other_sources', otherSources],
  refusedMax: null,
  removedMax: null,
  duplicatesMax: null,
  complete: null,
  rowsMin: null,
  rowsMax: null,
  safeBound: null,
  checks: null,
  redacted: ['redacted', ({ redacted }) => redacted],
};

const FILLED = Object.values(COLUMNS).filter((column) => column !== null);

/** SQL: the definition and its columns, except for the name, which never changes. */
export const DEFINITION = ['spec', ...FILLED.map(([column]) => column)].join(', ');

/** A definition as JSON for `jsonb_populate_record(null::millrace.view, …)`. */
export function definitionRow(view: FeatureView): string {
  return JSON.stringify({
    name: view.name,
    spec: view,
    ...Object.fromEntries(FILLED.map(([column, value]) => [column, value(view)])),
  });
}

function intervalText(ms: number): string {
  return `${ms} milliseconds`;
}

/** The longest of its tables' settings. */
function lateFiles({ files }: FeatureView): string | null {
  const tables = Object.values(files ?? {});
  return tables.length === 0 ? null : intervalText(Math.max(...tables.map(({ lateMs }) => lateMs)));
}

function otherSources(view: FeatureView): readonly string[] {
  return sourceNames(view).filter((name) => name !== view.source);
}

function partsWindow({ declared, incremental, unitMs }: FeatureView): string | null {
  if (declared === undefined || incremental !== true) return null;
  return intervalText(longestWindow(declared) ?? unitMs);
}
