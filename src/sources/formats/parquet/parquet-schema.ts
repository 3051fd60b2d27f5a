// The columns of a Parquet file as in the file. DuckDB renames duplicate columns, and reports types that hold less than the
// file does.

import { safe, text } from '../../../core/message.ts';
import type { Engine } from '../../lake/duckdb.ts';
import { FileProblem } from '../file-problem.ts';
import type { TableFile } from '../files-table.ts';
import { elementType, structFields, structType } from '../nested-type.ts';
import { quotedText } from '../quote.ts';
import type { ParquetSource } from './parquet-nanoseconds.ts';
import { signedColumns } from './parquet-statistics.ts';

export type ParquetColumn = {
  /** The name in the file. */
  readonly name: string;
  /** The name in a DuckDB result. */
  readonly readAs: string;
  /** DuckDB's type; NULL for a column without values or a type (Arrow's null); TIMESTAMPTZ_NS or INT96. */
  readonly type: string;
  /** Whether its statistics may be in an order of signed bytes. */
  readonly isSigned: boolean;
  /** Why its values would be wrong, as the end of a sentence that starts with the column; null if they are right. */
  readonly problem: string | null;
};

export function parquetReader({ path }: TableFile): string {
  return `read_parquet(${quotedText(path)}, ${PARQUET_OPTIONS})`;
}

/** `can_have_nan`: writers leave NaN out of statistics, so DuckDB would skip rows with NaN. */
export const PARQUET_OPTIONS = 'hive_partitioning = false, can_have_nan = true';

const ZONED_NANOSECONDS = /^TimestampType\(isAdjustedToUTC=1,.*NANOS=NanoSeconds/;
/** DuckDB changes numbers with more digits. */
const DECIMAL_DIGITS_MAX = 38;

/** The columns of a file from this writer, in order. @throws FileProblem, or DuckDB's error. */
export async function parquetColumns(
  engine: Engine,
  file: ParquetSource,
  writer: string | null,
): Promise<readonly ParquetColumn[]> {
  const described = await engine.rows(
    `select column_name, column_type from (describe select * from ${parquetReader(file)})`,
  );
  const columns = await schemaColumns(engine, file);
  const signed = await signedColumns(engine, file, writer);
  if (columns.length !== described.length) {
    throw new FileProblem(
      text`its schema has ${safe(columns.length)} columns, but ${safe(described.length)} were found`,
    );
  }
  const alike = Map.groupBy(columns, ({ name }) => name.toLowerCase());
  return columns.map((column, index) => {
    const [readAs, type] = described[index] ?? [];
    const same = alike.get(column.name.toLowerCase()) ?? [];
    return {
      name: column.name,
      readAs: readAs ?? '',
      type: typeOf(column, type ?? '', file),
      isSigned: signed.has(column.name),
      problem: same.length > 1 ? duplicate(same) : problemIn(column),
    };
  });
}

type SchemaNode = {
  readonly name: string;
  readonly children: readonly SchemaNode[];
  readonly digits: number;
  readonly logicalType: string;
  /** Whether DuckDB would truncate its values to microseconds. */
  readonly isTruncated: boolean;
  /** Whether it is a list without a group around it. */
  readonly isRepeated: boolean;
};

async function schemaColumns(engine: Engine, { path }: TableFile): Promise<readonly SchemaNode[]> {
  const rows = await engine.rows(
    `select name, num_children::varchar, precision::varchar, logical_type, type, repetition_type
       from parquet_schema(${quotedText(path)})`,
  );
  const next = rows[Symbol.iterator]();
  const node = (): SchemaNode => {
    const [name, children, precision, logicalType, physicalType, repetition] = next.next().value ?? [];
    const digits = precision ?? /precision=(\d+)/.exec(logicalType ?? '')?.[1] ?? 0;
    return {
      name: name ?? '',
      digits: Number(digits),
      logicalType: logicalType ?? '',
      isTruncated: physicalType === 'INT96' || ZONED_NANOSECONDS.test(logicalType ?? ''),
      isRepeated: repetition === 'REPEATED',
      children: Array.from({ length: Number(children ?? 0) }, node),
    };
  };
  return node().children;
}

/** The type of a column; DuckDB has no types for some. */
function typeOf(column: SchemaNode, type: string, { nanoseconds }: ParquetSource): string {
  const kind = nanoseconds.get(column.name);
  if (kind !== undefined) return kind === 'INT96' ? 'INT96' : 'TIMESTAMPTZ_NS';
  return typeWithNulls(column, type);
}

/** DuckDB's type, with NULL for what has no type, such as a field of a struct that is null in all rows. */
function typeWithNulls(node: SchemaNode, type: string): string {
  if (isNull(node)) return 'NULL';
  const fields = structFields(type);
  if (fields?.length === node.children.length) {
    return structType(
      fields.map(({ name, type: ofField }, index) => {
        const child = node.children[index];
        return { name, type: child === undefined ? ofField : typeWithNulls(child, ofField) };
      }),
    );
  }
  const [element, ofElement] = [elementOf(node), elementType(type)];
  return element === null || ofElement === null ? type : `${typeWithNulls(element, ofElement)}[]`;
}

function isNull({ logicalType }: SchemaNode): boolean {
  return logicalType.startsWith('NullType');
}

/** The element of a list; null for any other column. A list without elements has no element type either. */
function elementOf({ logicalType, children: [repeated] }: SchemaNode): SchemaNode | null {
  return logicalType.startsWith('ListType') ? (repeated?.children[0] ?? null) : null;
}

function duplicate([first, second]: readonly SchemaNode[]): string {
  if (first?.name === second?.name) return 'is a duplicate';
  return `has the names ${JSON.stringify(first?.name)} and ${JSON.stringify(second?.name)}, which SQL does not distinguish`;
}

const NESTED_NANOSECONDS =
  'has nanosecond times inside a list, struct or map; these can only be read as microseconds, so write microseconds instead';

/** The problem of a column or of anything inside it. */
function problemIn({ digits, children, isTruncated, isRepeated }: SchemaNode): string | null {
  if (digits > DECIMAL_DIGITS_MAX) {
    return `has decimals of ${digits} digits; at most ${DECIMAL_DIGITS_MAX} can be read exactly`;
  }
  // Other times at the top level are read from copies that keep their digits (parquet-nanoseconds.ts).
  if (isTruncated && isRepeated) return NESTED_NANOSECONDS;
  for (const same of Map.groupBy(children, ({ name }) => name.toLowerCase()).values()) {
    if (same.length > 1) return `has a field that ${duplicate(same)}`;
  }
  for (const child of children) {
    if (child.isTruncated && child.children.length === 0) return NESTED_NANOSECONDS;
    const problem = problemIn(child);
    if (problem !== null) return problem;
  }
  return null;
}
