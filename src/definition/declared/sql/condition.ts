// Filters as SQL conditions.

import type { Condition, Filter, Literal } from '../filter.ts';
import type { Dialect } from './dialect.ts';

const SIGNS = { eq: '=', ne: '<>', gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;

/** A condition over the columns of the table `t`, in parentheses where `and` needs them. */
export function conditionSql(filter: Filter, dialect: Dialect): string {
  if ('column' in filter) return comparisonSql(filter, dialect);
  const [word, filters] = 'all' in filter ? ['and', filter.all] : ['or', filter.any];
  return `(${filters.map((each) => conditionSql(each, dialect)).join(` ${word} `)})`;
}

function comparisonSql({ column, is, values }: Condition, dialect: Dialect): string {
  const left = `t.${dialect.name(column)}`;
  const [first = { bool: true }, second = first] = values;
  switch (is) {
    case 'is_null':
      return `${left} is ${'bool' in first && !first.bool ? 'not ' : ''}null`;
    case 'like':
      return dialect.like(left, 'text' in first ? first.text : '');
    case 'between':
      return `${left} between ${dialect.literal(first)} and ${dialect.literal(second)}`;
    case 'in':
    case 'not_in': {
      const listed = values.map((value) => exactly(dialect.literal(value), value, dialect)).join(', ');
      return `${exactly(left, first, dialect)} ${is === 'in' ? 'in' : 'not in'} (${listed})`;
    }
    default:
      return `${exactly(left, first, dialect)} ${SIGNS[is]} ${exactly(dialect.literal(first), first, dialect)}`;
  }
}

/** An expression that is compared with a literal: of strings, every byte counts. */
function exactly(expression: string, literal: Literal, dialect: Dialect): string {
  return 'text' in literal ? dialect.exact(expression) : expression;
}
