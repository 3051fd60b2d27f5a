// What Millrace has to know about a type of features. Each type is one object of this shape, in a file named after it;
// index.ts lists them. A member that one of them lacks does not compile.

import type { ColumnType } from './column-type.ts';
import type { FileCast } from './file-cast.ts';
import type { ValueCheck } from './value-check.ts';

export type FeatureTypeEntry<Value> = {
  /** The numbers in parentheses that a view writes after the name, as in `vector(3)`; null where there are none. */
  readonly parameters: TypeParameters | null;
  /** Those that only columns of csv and json files may have, as in `decimal(10,2)`; null where there are none. */
  readonly fileParameters: TypeParameters | null;
  /** Which values it holds, for the reference: a phrase. */
  readonly holds: string;
  /** What the library returns, for the reference: a phrase about `Value`. */
  readonly readAs: string;

  /** The types of the query columns that it is read from. A column that has no type, of nulls only, counts as the first. */
  readonly columns: readonly [ColumnType, ...ColumnType[]];
  /** The value that the digits of an integer stand for, in sources without a column type of its own; null where none do. */
  readonly textOfInteger: ((digits: string) => string) | null;
  /** Which texts are null as well as SQL's null; null where none are, so that no row pays for asking. */
  readonly isNull: ((text: string) => boolean) | null;
  /** The check of the values of one run, from a column of this type; `numbers` are its parameters. */
  readonly check: (column: ColumnType, numbers: readonly number[]) => ValueCheck;
  /** How a field of a csv or json file becomes a value in DuckDB; null where its text is the value. */
  readonly fileCast: ((numbers: readonly number[]) => FileCast) | null;

  /** The Postgres type that holds each value exactly, ready for `create table`. */
  readonly sqlType: string;
  /** Whether runs keep its least and greatest value; `limited` where a view may also set `min` and `max`, numbers. */
  readonly extremes: 'limited' | 'kept' | 'none';
  /** The SQL expression that spells the value of a column as the text that is stored online; null for null. */
  readonly textSql: (column: string) => string;
  /** Whether a text of the online store may be a value; texts that only a parser can tell are left to `fromText`. */
  readonly isText: (text: string) => boolean;
  /** The value of a text that `textSql` made. @throws SyntaxError where it did not. */
  readonly fromText: (text: string) => Value;
};

export type TypeParameters = {
  /** As messages and the reference write them: `n`, or `p,s`. */
  readonly spelling: string;
  /** What may be between the parentheses. */
  readonly pattern: RegExp;
  /** Whether numbers that match the pattern fit together. */
  readonly areSound: (numbers: readonly number[]) => boolean;
};
