// Compiles a declared query: one scan of its table for any number of features.

import { keyColumns } from '../../entity.ts';
import type { SqlDialect } from '../../query/sql-text.ts';
import type { FeatureView } from '../../view.ts';
import { type Declared, longestWindow } from '../declared.ts';
import { aggregateSql } from './aggregate.ts';
import { conditionSql } from './condition.ts';
import { DIALECTS } from './dialects.ts';
import { lookupsOf } from './lookups.ts';
import type { Scope } from './scope.ts';

/** The query of a declared view, with the placeholder {{end}}; of parts, also with {{start}}. */
export function declaredSql(
  view: Pick<FeatureView, 'entity' | 'features'>,
  declared: Declared,
  to: SqlDialect,
): string {
  const { features } = view;
  const keys = keyColumns(view);
  const dialect = DIALECTS[to];
  const types = new Map(features.map(({ column, type }) => [column, type]));
  const counted = declared.aggregates.filter(({ operator }) => operator !== 'lookup');
  const group = declared.entityId.map((column) => `t.${dialect.name(column)}`);
  const scope = { dialect, declared, longestMs: longestWindow(declared), group: group.map(dialect.exact).join(', ') };
  const parts = counted.map((aggregate, index) => {
    return {
      aggregate,
      ...aggregateSql(aggregate, { ...scope, type: types.get(aggregate.feature) ?? 'float', index }),
    };
  });
  const selected = [
    ...keys.map((name, index) => `${dialect.key(group[index] ?? '')} as ${dialect.name(name)}`),
    `${stampOf(scope)} as ${dialect.name('timestamp')}`,
    ...parts.map(({ aggregate, sql }) => `${sql} as ${dialect.name(aggregate.feature)}`),
  ];
  const rows = rowsSql(
    scope,
    parts.flatMap(({ columns }) => columns),
  );
  const facts = `select\n  ${selected.join(',\n  ')}\n${rows}\ngroup by ${groupOf(scope)}`;
  const lookups = declared.aggregates.filter(({ operator }) => operator === 'lookup');
  const { ending = '' } = dialect;
  if (lookups.length === 0) return `${facts}${ending}`;
  const names = [...keys, 'timestamp', ...counted.map(({ feature }) => feature)];
  const scopeOfLookups = { names, keys, lookups, types, dialect, entityId: declared.entityId };
  return `${lookupsOf(facts, scopeOfLookups)}${ending}`;
}

/** Parts are grouped by interval, too, so that one scan yields those of several intervals. */
const UNIT = 'millrace_unit';

function stampOf({ dialect, declared }: Scope): string {
  return declared.unitMs === undefined ? '{{end}}' : `t.${dialect.name(UNIT)}`;
}

function groupOf({ dialect, declared, group }: Scope): string {
  return declared.unitMs === undefined ? group : `${group}, t.${dialect.name(UNIT)}`;
}

/** The table and its rows that any feature reads. */
function rowsSql({ dialect, declared, longestMs }: Scope, picked: readonly string[]): string {
  const { unitMs } = declared;
  const table = declared.table === null ? dialect.name('files') : declared.table.split('.').map(dialect.name).join('.');
  const time = `t.${dialect.name(declared.timestamp)}`;
  const bounds = [
    ...startOf({ dialect, longestMs, unitMs }).map((start) => `${time} >= ${start}`),
    `${time} < {{end}}`,
  ];
  const conditions = [
    ...(unitMs === undefined || dialect.within === undefined ? bounds : [dialect.within(time)]),
    ...(declared.where === undefined ? [] : [conditionSql(declared.where, dialect)]),
  ];
  const source = `from ${table} as t\nwhere ${conditions.join('\n  and ')}`;
  const unit = unitMs === undefined ? [] : [`${dialect.unitStart(time, unitMs)} as ${dialect.name(UNIT)}`];
  const columns = [...unit, ...picked];
  if (columns.length === 0) return source;
  return `from (\nselect t.*,\n  ${columns.join(',\n  ')}\n${source}\n) as t`;
}

type Bounds = Pick<Scope, 'dialect' | 'longestMs'> & { readonly unitMs: number | undefined };

/** Where the scan begins; nowhere for all rows before its end. */
function startOf({ dialect, longestMs, unitMs }: Bounds): string[] {
  if (unitMs !== undefined) return ['{{start}}'];
  return longestMs === null ? [] : [dialect.endMinus(longestMs)];
}
