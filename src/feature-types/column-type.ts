// The types of query columns, common to all sources, and their format as text:
//
//   int, decimal   digits as in the source: -12, 1.00
//   float          any text that Number() reads exactly, and NaN, Infinity, -Infinity
//   bool           true, false
//   timestamp      2026-01-31 23:59:59.123456, fraction optional, with +00 (or any ISO offset) if the source has a zone
//   date           2026-01-31
//   json           JSON text
//   array          JSON text: [1,2.5]
//   text           the text itself

/** The type of a column. `other` is a type that no feature can be read from. */
export type ColumnType =
  | 'int'
  | 'float'
  | 'decimal'
  | 'bool'
  | 'timestamp'
  | 'timestamptz'
  | 'date'
  | 'json'
  | 'array'
  | 'text'
  | 'other';
