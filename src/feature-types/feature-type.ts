// The definition of a feature type. Each type is one object of this shape in a file of its name; index.ts lists them. A
// missing member is a compile error.

import type { ColumnType } from './column-type.ts';
import type { FileCast } from './file-cast.ts';
import type { FileType } from './file-type.ts';
import type { ValueCheck } from './value-check.ts';

export type FeatureTypeEntry<Value> = {
  /** The numbers in parentheses after the name, as in `vector(3)`; null if the type has none. */
  readonly parameters: TypeParameters | null;
  /** Those that only columns of CSV and JSON files may have, as in `decimal(10,2)`; null if there are none. */
  readonly fileParameters: TypeParameters | null;
  /** The values of the type, as a phrase for the reference. */
  readonly holds: string;
  /** What the library returns, as a phrase about `Value` for the reference. */
  readonly readAs: string;
  /** The TypeScript type of `Value`, for `millrace types`. */
  readonly typescript: string;
  /** The type of a column of training sets. */
  readonly fileType: FileType;

  /** The types of query columns that it can be read from. A column with only nulls and no type counts as the first. */
  readonly columns: readonly [ColumnType, ...ColumnType[]];
  /** The value of an integer, for sources that have no column type for this type; null if integers are not values. */
  readonly textOfInteger: ((digits: string) => string) | null;
  /** Which strings count as null in addition to SQL's null; null if there are none, so that rows need no check. */
  readonly isNull: ((text: string) => boolean) | null;
  /** The check of the values of one run from a column of this type. `numbers` are the parameters. */
  readonly check: (column: ColumnType, numbers: readonly number[]) => ValueCheck;
  /** How a field of a CSV or JSON file becomes a value in DuckDB; null if its text is the value. */
  readonly fileCast: ((numbers: readonly number[]) => FileCast) | null;

  /** How Postgres and readers compute with numbers: exactly, or as 64-bit floats. Null if the values are not numbers. */
  readonly arithmetic: 'exact' | 'float' | null;
  /** The JSON of a value that a program pushes. */
  readonly jsonForm: JsonForm;
  /** The type of column that pushed values have. */
  readonly pushedAs: ColumnType;
  /** Whether a YAML value may be the default of a feature service; null if there are no defaults of this type. */
  readonly isDefault: ((value: string | number | boolean) => boolean) | null;
  /** Text that is equal where values are, so that 1, 1.0 and "1" of a decimal are the same to tests of views. */
  readonly canonicalText: (text: string) => string;

  /** The Postgres type that holds each value exactly, ready for `create table`. */
  readonly sqlType: string;
  /** Whether runs record the minimum and maximum; `limited` if a view may also set `min` and `max`. */
  readonly extremes: 'limited' | 'kept' | 'none';
  /** What profiles keep of values: a distribution of numbers, the most frequent strings, or neither. */
  readonly profiledAs: 'number' | 'text' | 'none';
  /** The SQL expression for the text of a column's value that is stored online; null for null. */
  readonly textSql: (column: string) => string;
  /** Whether COPY spells a value as `textSql` does, so that Postgres need not make the text first. */
  readonly isCopiedAsText: boolean;
  /** A quick check whether a string of the online store may be a value. `fromText` parses it completely. */
  readonly isText: (text: string) => boolean;
  /** The value of a string that `textSql` made. @throws SyntaxError for another string. */
  readonly fromText: (text: string) => Value;
};

/** `number`: also as a string with its digits. `any`: the value is JSON itself. */
export type JsonForm = 'number' | 'string' | 'boolean' | 'array' | 'any';

export type TypeParameters = {
  /** As shown in messages and the reference: `n`, or `p,s`. */
  readonly spelling: string;
  /** The text between the parentheses. */
  readonly pattern: RegExp;
  /** Whether numbers that match the pattern are a valid combination. */
  readonly areSound: (numbers: readonly number[]) => boolean;
};
