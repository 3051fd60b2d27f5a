// The operators of declared features: the keys that each needs, and the types that it can yield.

import { keysOf } from '../../core/keys.ts';

type OperatorRules = {
  readonly column: 'required' | 'optional' | 'none';
  readonly window: 'required' | 'optional' | 'none';
  /** The types of features, without their parameters. */
  readonly types: readonly string[];
  /** The value of an entity without a matching row. */
  readonly empty: 'zero' | 'null';
  /** The keys of OPERATOR_KEYS that it has. All but `entity_id` are required. */
  readonly keys: readonly OperatorKey[];
};

/** Keys of a feature that belong to some operators only. */
export const OPERATOR_KEYS = ['at', 'threshold', 'table', 'entity_id'] as const;
export type OperatorKey = (typeof OPERATOR_KEYS)[number];

const NUMBERS = ['int', 'decimal', 'float'];
const VALUES = [...NUMBERS, 'string', 'timestamp'];

function operator(rules: Partial<OperatorRules> & Pick<OperatorRules, 'types' | 'column' | 'empty'>): OperatorRules {
  return { window: 'optional', keys: [], ...rules };
}

export const OPERATORS = {
  count: operator({ column: 'optional', types: ['int'], empty: 'zero' }),
  count_distinct: operator({ column: 'required', types: ['int'], empty: 'zero' }),
  sum: operator({ column: 'required', types: NUMBERS, empty: 'zero' }),
  avg: operator({ column: 'required', types: ['float'], empty: 'null' }),
  min: operator({ column: 'required', types: VALUES, empty: 'null' }),
  max: operator({ column: 'required', types: VALUES, empty: 'null' }),
  median: operator({ column: 'required', types: ['float'], empty: 'null' }),
  stddev: operator({ column: 'required', types: ['float'], empty: 'null' }),
  percentile: operator({ column: 'required', types: ['float'], empty: 'null', keys: ['at'] }),
  first: operator({ column: 'required', types: [...VALUES, 'bool'], empty: 'null' }),
  last: operator({ column: 'required', types: [...VALUES, 'bool'], empty: 'null' }),
  first_seen: operator({ column: 'none', types: ['timestamp'], empty: 'null' }),
  last_seen: operator({ column: 'none', types: ['timestamp'], empty: 'null' }),
  time_since: operator({ column: 'none', types: ['float', 'int'], empty: 'null' }),
  velocity: operator({ column: 'none', window: 'required', types: ['bool'], empty: 'zero', keys: ['threshold'] }),
  lookup: operator({
    column: 'required',
    window: 'none',
    types: [...VALUES, 'bool', 'json', 'vector'],
    empty: 'null',
    keys: ['table', 'entity_id'],
  }),
} as const satisfies Record<string, OperatorRules>;

export type Operator = keyof typeof OPERATORS;

export const OPERATOR_NAMES: readonly Operator[] = keysOf(OPERATORS);

/** `const` keeps the keys; this gives every operator the same type. */
export function rulesOf(name: Operator): OperatorRules {
  return OPERATORS[name];
}
