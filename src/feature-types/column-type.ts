// What a column of a query holds, to every source alike, and how its values are spelled as text:
//
//   int, decimal   digits as the source has them: -12, 1.00
//   float          any text that Number() reads exactly; NaN, Infinity and -Infinity as such
//   bool           true, false
//   timestamp      2026-01-31 23:59:59.123456, fraction optional, with +00 (or any ISO offset) where the source has a zone
//   date           2026-01-31
//   json           JSON text
//   array          JSON text: [1,2.5]
//   text           itself

/** What a source says a column holds. `other` is a type of the source that no feature can hold. */
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
