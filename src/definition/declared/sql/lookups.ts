// Lookups of a declared query: one join for each table and key, after the rows are aggregated.

import type { FeatureType } from '../../../feature-types/index.ts';
import type { Aggregate } from '../declared.ts';
import type { Dialect } from './dialect.ts';

export type LookupScope = {
  /** The columns of the aggregated rows. */
  readonly names: readonly string[];
  /** Those that identify an entity. */
  readonly keys: readonly string[];
  /** The columns of an entity in the aggregated table, and the default in tables that are looked up. */
  readonly entityId: readonly string[];
  readonly lookups: readonly Aggregate[];
  readonly types: ReadonlyMap<string, FeatureType>;
  readonly dialect: Dialect;
};

/** The aggregated rows with the columns that are looked up. */
export function lookupsOf(facts: string, { names, keys, entityId, lookups, types, dialect }: LookupScope): string {
  const joins: string[] = [];
  const aliasOf = ({ table = '', entityId: columns = entityId }: Aggregate): string => {
    const name = table.split('.').map(dialect.name).join('.');
    const on = columns.map((column, index) => {
      const fact = `facts.${dialect.name(keys[index] ?? '')}`;
      return (alias: string) => `${dialect.exact(`${alias}.${dialect.name(column)}`)} = ${dialect.exact(fact)}`;
    });
    const joinOf = (alias: string) => `left join ${name} as ${alias} on ${on.map((each) => each(alias)).join(' and ')}`;
    const found = joins.findIndex((join, index) => join === joinOf(`l${index + 1}`));
    if (found !== -1) return `l${found + 1}`;
    joins.push(joinOf(`l${joins.length + 1}`));
    return `l${joins.length}`;
  };
  const looked = lookups.map((lookup) => {
    const column = `${aliasOf(lookup)}.${dialect.name(lookup.column ?? '')}`;
    const value = types.get(lookup.feature) === 'string' ? dialect.text(column) : column;
    const filled = lookup.default === undefined ? value : `coalesce(${value}, ${dialect.literal(lookup.default)})`;
    return `${filled} as ${dialect.name(lookup.feature)}`;
  });
  const selected = [...names.map((name) => `facts.${dialect.name(name)}`), ...looked];
  return `select\n  ${selected.join(',\n  ')}\nfrom (\n${facts}\n) as facts\n${joins.join('\n')}`;
}

/** A key of a table that several of its rows have: one column for each part. No rows if there is none. */
export function repeatedKeySql(
  { table, entityId }: { readonly table: string; readonly entityId: readonly string[] },
  dialect: Dialect,
): string {
  const parts = entityId.map((column) => `l.${dialect.name(column)}`);
  const selected = parts.map((part, index) => `${dialect.text(dialect.key(part))} as ${dialect.name(`part_${index}`)}`);
  // As in the join: the same values are equal, and null equals nothing.
  return `select ${selected.join(', ')}
from ${table.split('.').map(dialect.name).join('.')} as l
where ${parts.map((part) => `${part} is not null`).join(' and ')}
group by ${parts.map(dialect.exact).join(', ')}
having count(*) > 1
limit 1`;
}
