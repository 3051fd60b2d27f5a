// One aggregate of a declared query as an expression over the rows `t` of a group.

import type { FeatureType } from '../../../feature-types/index.ts';
import type { Aggregate } from '../declared.ts';
import { conditionSql } from './condition.ts';
import type { Scope } from './scope.ts';

export type AggregateScope = Scope & { readonly type: FeatureType; readonly index: number };

export type AggregateSql = {
  readonly sql: string;
  /** Columns that the rows must have in addition to those of the table. */
  readonly columns: readonly string[];
};

/** The expression of a feature. An entity without matching rows has 0, false, the default or null. */
export function aggregateSql(aggregate: Aggregate, scope: AggregateScope): AggregateSql {
  const { dialect } = scope;
  const { sql, columns = [] } = bareSql(aggregate, scope);
  const other = aggregate.default ?? (aggregate.operator === 'sum' ? { number: '0' } : undefined);
  return { sql: other === undefined ? sql : `coalesce(${sql}, ${dialect.literal(other)})`, columns };
}

type Bare = { readonly sql: string; readonly columns?: readonly string[] };

function bareSql(aggregate: Aggregate, scope: AggregateScope): Bare {
  const { dialect, type, declared } = scope;
  const column = `t.${dialect.name(aggregate.column ?? '')}`;
  const time = `t.${dialect.name(declared.timestamp)}`;
  const condition = joined(conditionsOf(aggregate, scope));
  const plain = (name: string, value: string) => ({
    sql: dialect.filtered((each) => `${name}(${each})`, value, condition),
  });
  switch (aggregate.operator) {
    case 'count':
      return plain('count', aggregate.column === undefined ? '1' : column);
    case 'count_distinct':
      return { sql: dialect.filtered((each) => `count(distinct ${each})`, dialect.exact(column), condition) };
    case 'sum':
      return plain('sum', type === 'float' ? dialect.double(column) : dialect.addend(column));
    case 'avg':
      return plain('avg', dialect.double(column));
    case 'min':
    case 'max':
      if (type === 'string') return { sql: dialect.extreme(aggregate.operator, column, condition) };
      return plain(aggregate.operator, type === 'float' ? dialect.double(column) : column);
    case 'stddev':
      return plain('stddev_samp', dialect.double(column));
    case 'first_seen':
      return plain('min', time);
    case 'last_seen':
      return plain('max', time);
    case 'time_since': {
      const seconds = dialect.secondsSince(plain('max', time).sql);
      return { sql: type === 'int' ? dialect.floor(seconds) : seconds };
    }
    case 'velocity':
      return { sql: `${plain('count', '1').sql} > ${aggregate.threshold ?? 0}` };
    default:
      return pickedSql(aggregate, scope, { column, time });
  }
}

function pickedSql(aggregate: Aggregate, scope: AggregateScope, at: { column: string; time: string }): Bare {
  const { dialect, type, group, index } = scope;
  const { column, time } = at;
  const condition = joined([...conditionsOf(aggregate, scope), `${column} is not null`]) ?? '';
  const pick = { condition, group, name: `millrace_${index}` };
  if (aggregate.operator === 'first' || aggregate.operator === 'last') {
    const direction = aggregate.operator === 'first' ? 'asc' : 'desc';
    const tie = type === 'string' ? dialect.ordered(column) : column;
    const value = type === 'string' ? dialect.text(column) : column;
    const order = `${time} ${direction}, ${tie} ${direction}`;
    const { aggregate: sql, columns } = dialect.picked({ ...pick, value, order, by: [time, tie], direction });
    return { sql, columns };
  }
  const share = String(aggregate.operator === 'median' ? 0.5 : (aggregate.at ?? 0.5));
  const { aggregate: sql, columns } = dialect.picked({ ...pick, value: dialect.double(column), at: share });
  return { sql, columns };
}

/** The window, unless it is the whole scan, and the filter. */
function conditionsOf({ windowMs, where }: Aggregate, { dialect, declared, longestMs }: AggregateScope): string[] {
  const isShorter = windowMs !== undefined && windowMs !== longestMs;
  return [
    ...(isShorter ? [`t.${dialect.name(declared.timestamp)} >= ${dialect.endMinus(windowMs)}`] : []),
    ...(where === undefined ? [] : [conditionSql(where, dialect)]),
  ];
}

function joined(conditions: readonly string[]): string | null {
  return conditions.length === 0 ? null : conditions.join(' and ');
}
