// 32-bit floats with their shortest text: 0.1, and not 0.10000000149011612, which is the same float as a double.

import {
  DuckDBArrayType,
  DuckDBListType,
  DuckDBMapType,
  DuckDBStructType,
  type DuckDBType,
  DuckDBTypeId,
} from '@duckdb/node-api';
import { quotedName } from '../formats/quote.ts';

/** The expression over a column in which every 32-bit float, even in lists and objects, is the double with its shortest text. */
export function withShortFloats(column: string, type: DuckDBType): string {
  const [short, wide] = [typeText(type, 'VARCHAR'), typeText(type, 'DOUBLE')];
  return short === wide ? column : `${column}::${short}::${wide}`;
}

/** The name of a type, with FLOAT replaced by another type. */
function typeText(type: DuckDBType, float: 'VARCHAR' | 'DOUBLE'): string {
  if (type instanceof DuckDBListType) return `${typeText(type.valueType, float)}[]`;
  if (type instanceof DuckDBArrayType) return `${typeText(type.valueType, float)}[${type.length}]`;
  if (type instanceof DuckDBMapType) return `MAP(${typeText(type.keyType, float)}, ${typeText(type.valueType, float)})`;
  if (type instanceof DuckDBStructType) {
    const entries = type.entryTypes.map(
      (entry, index) => `${quotedName(type.entryNames[index] ?? '')} ${typeText(entry, float)}`,
    );
    return `STRUCT(${entries.join(', ')})`;
  }
  return type.typeId === DuckDBTypeId.FLOAT ? float : (type.alias ?? type.toString());
}
