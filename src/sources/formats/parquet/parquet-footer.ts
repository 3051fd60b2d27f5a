// The footer of a Parquet file (in Thrift's compact protocol), and the bytes in it that give the type of a time.
// https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift

import { type CompactReader, compactReader, T } from './thrift-compact.ts';

/** Replaces `length` bytes at `at` with `bytes`. */
export type Edit = { readonly at: number; readonly length: number; readonly bytes: readonly number[] };

/** A top-level column whose nanoseconds DuckDB would truncate, and the edits that make DuckDB keep them. */
export type NanosecondColumn = {
  readonly name: string;
  /** `zoned`: a count of nanoseconds, with a zone. `INT96`: a day and its nanoseconds, in twelve bytes. */
  readonly kind: 'zoned' | 'INT96';
  readonly edits: readonly Edit[];
};

/** Types in zigzag encoding: INT96 is 3, FIXED_LEN_BYTE_ARRAY 7. The length of an INT96 is 12. */
const [INT96, FIXED_BYTES, TWELVE] = [6, 14, 24];
const REPEATED = 4;

/** The nanosecond columns of a footer. @throws RangeError for bytes that are not a footer. */
export function nanosecondColumns(footer: Buffer): readonly NanosecondColumn[] {
  const reader = compactReader(footer);
  let elements: readonly SchemaElement[] = [];
  const types: Edit[][] = [];
  reader.struct((field, type) => {
    if (field === 2 && type === T.list) elements = reader.list(() => schemaElement(reader));
    else if (field === 4 && type === T.list) reader.list(() => rowGroup(reader, types));
    else reader.skip(type);
  });
  return leavesAtTop(elements).flatMap(({ element: { name, zoned, int96 }, leaf }): NanosecondColumn[] => {
    if (zoned !== null) return [{ name, kind: 'zoned', edits: [zoned] }];
    return int96 === null ? [] : [{ name, kind: 'INT96', edits: [...int96, ...(types[leaf] ?? [])] }];
  });
}

/** The bytes with all edits applied. */
export function edited(bytes: Buffer, edits: readonly Edit[]): Buffer {
  const parts: Buffer[] = [];
  let at = 0;
  for (const edit of edits.toSorted((a, b) => a.at - b.at)) {
    parts.push(bytes.subarray(at, edit.at), Buffer.from(edit.bytes));
    at = edit.at + edit.length;
  }
  return Buffer.concat([...parts, bytes.subarray(at)]);
}

type SchemaElement = {
  readonly name: string;
  readonly children: number;
  readonly isRepeated: boolean;
  readonly zoned: Edit | null;
  readonly int96: readonly Edit[] | null;
};

/** The top-level columns that are not groups, each with its index among all leaves. */
function leavesAtTop(elements: readonly SchemaElement[]): { element: SchemaElement; leaf: number }[] {
  const found: { element: SchemaElement; leaf: number }[] = [];
  let [leaf, inside] = [0, 0];
  for (const element of elements.slice(1)) {
    if (inside === 0 && element.children === 0 && !element.isRepeated) found.push({ element, leaf });
    inside = Math.max(0, inside - 1) + element.children;
    if (element.children === 0) leaf += 1;
  }
  return found;
}

function schemaElement(reader: CompactReader): SchemaElement {
  const element: { -readonly [Key in Exclude<keyof SchemaElement, 'int96'>]: SchemaElement[Key] } = {
    name: '',
    children: 0,
    isRepeated: false,
    zoned: null,
  };
  const edits: Edit[] = [];
  let isInt96 = false;
  let previous = 0;
  reader.struct((field, type, headerAt) => {
    const at = reader.at();
    if (isInt96 && previous === 1 && field > 2 && !reader.isLongHeader(headerAt)) {
      edits.push({ at: headerAt, length: 1, bytes: [0x15, TWELVE, ((field - 2) << 4) | type] });
    }
    previous = field;
    if (field === 1 && type === T.i32) {
      isInt96 = reader.varint() === INT96;
      if (isInt96) edits.push({ at, length: 1, bytes: [FIXED_BYTES] });
    } else if (field === 2 && type === T.i32) {
      reader.varint();
      edits.push({ at, length: reader.at() - at, bytes: [TWELVE] });
    } else if (field === 3 && type === T.i32) element.isRepeated = reader.varint() === REPEATED;
    else if (field === 4 && type === T.binary) element.name = reader.text();
    else if (field === 5 && type === T.i32) element.children = reader.varint() / 2;
    else if (field === 10 && type === T.struct) element.zoned = logicalType(reader);
    else reader.skip(type);
  });
  // With the existing type_length, or one inserted before the next field.
  return { ...element, int96: isInt96 && edits.length === 2 ? edits : null };
}

/** The edit that removes the zone from a timestamp in nanoseconds; null for any other type. */
function logicalType(reader: CompactReader): Edit | null {
  let adjusted: Edit | null = null;
  let isNanos = false;
  reader.struct((field, type) => {
    if (field !== 8 || type !== T.struct) return reader.skip(type);
    reader.struct((part, partType, headerAt) => {
      if (part === 1 && partType === T.true) {
        adjusted = { at: headerAt, length: 1, bytes: [(reader.byteAt(headerAt) & 0xf0) | T.false] };
      } else if (part === 2 && partType === T.struct) {
        reader.struct((unit, unitType) => {
          isNanos = unit === 3;
          reader.skip(unitType);
        });
      } else reader.skip(partType);
    });
  });
  return isNanos ? adjusted : null;
}

/** Collects, for each leaf, the positions where its chunks repeat the type INT96. */
function rowGroup(reader: CompactReader, types: Edit[][]): void {
  reader.struct((field, type) => {
    if (field !== 1 || type !== T.list) return reader.skip(type);
    let leaf = 0;
    reader.list(() => {
      reader.struct((part, partType) => {
        if (part !== 3 || partType !== T.struct) return reader.skip(partType);
        reader.struct((detail, detailType) => {
          const at = reader.at();
          if (detail !== 1 || detailType !== T.i32) return reader.skip(detailType);
          if (reader.varint() !== INT96) return;
          types[leaf] = [...(types[leaf] ?? []), { at, length: 1, bytes: [FIXED_BYTES] }];
        });
      });
      leaf += 1;
    });
  });
}
