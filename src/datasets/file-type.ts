// The types of columns in the files of a training set: how Postgres spells their values, and what DuckDB makes of them.

import type { FileType } from '../feature-types/file-type.ts';
import { entryOf, type FeatureType } from '../feature-types/index.ts';

/** The type of a feature in files. */
export function fileTypeOf(type: FeatureType): FileType {
  return entryOf(type).fileType;
}

/** Digits of decimals in Parquet. */
export const DECIMAL = { digits: 38, places: 9 } as const;

/** The type that DuckDB reads from Postgres's text; lists come as JSON and are cast later. */
export function readType(type: FileType, format: 'parquet' | 'csv' | 'json'): string {
  if (type === 'double[]') return 'varchar';
  if (type !== 'decimal') return type;
  // Strings of CSV and JSON keep every digit as it is stored.
  return format === 'parquet' ? `decimal(${DECIMAL.digits}, ${DECIMAL.places})` : 'varchar';
}

/** The column as files hold it, of what was read. */
export function castSql(type: FileType, column: string): string {
  return type === 'double[]' ? `${column}::double[]` : column;
}

/** Postgres SQL: the value of a column as text that `readType` reads. */
export function copySql(type: FileType, column: string): string {
  return type === 'double[]' ? `array_to_json(${column})` : column;
}
