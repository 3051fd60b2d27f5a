// Maps ClickHouse types to column types, and the fields of its text to the text that the row check expects.

import type { FeatureView } from '../../definition/view.ts';
import { entryOf } from '../../feature-types/index.ts';
import type { Column } from '../../rows/batch.ts';
import { columnType, isInteger } from './column-type.ts';
import { floatText, unescapedField, unpadded, zonedText } from './field.ts';
import { jsonOf } from './nested.ts';
import { type ClickhouseType, parsedType } from './type-text.ts';

/** A column with the conversion of a field that is not \N. */
export type ClickhouseColumn = Column & { readonly read: (field: string) => string };

const READERS: Readonly<Record<string, (field: string) => string>> = {
  Float32: floatText,
  Float64: floatText,
  BFloat16: floatText,
  DateTime: zonedText,
  DateTime64: zonedText,
  FixedString: (field) => unpadded(unescapedField(field)),
};

/** The columns of a result. A comparison returns UInt8, so integers are converted if the feature's type supports it. */
export function clickhouseColumns(
  names: readonly string[],
  types: readonly string[],
  view: FeatureView,
): ClickhouseColumn[] {
  const entries = new Map(view.features.map(({ column, type }) => [column, entryOf(type)]));
  return names.map((name, index) => {
    const nativeType = oneLine(types[index] ?? '');
    const parsed = parsedType(nativeType);
    const column = { name, nativeType, type: columnType(parsed), read: reader(parsed) };
    const entry = entries.get(name);
    if (column.type !== 'int' || entry === undefined || entry.textOfInteger === null) return column;
    const { textOfInteger, columns } = entry;
    return { ...column, type: columns[0], read: textOfInteger };
  });
}

/** DESCRIBE writes a tuple in several lines. */
function oneLine(type: string): string {
  return type.replaceAll(/\(\n\s*/g, '(').replaceAll(/\n\s*/g, ' ');
}

function reader(type: ClickhouseType): (field: string) => string {
  if (isInteger(type)) return unchanged;
  const found = columnType(type);
  const isNested = type.name !== 'JSON' && (found === 'json' || found === 'array');
  if (isNested) return (field) => jsonOf(field, type);
  return READERS[type.name] ?? (found === 'text' || found === 'json' ? unescapedField : unchanged);
}

function unchanged(field: string): string {
  return field;
}
