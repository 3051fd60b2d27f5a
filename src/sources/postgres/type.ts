// Maps Postgres types to column types, and the text of COPY to the text that the row check expects.

import type { ColumnType } from '../../feature-types/column-type.ts';
import type { DescribedColumn } from '../../postgres/describe.ts';
import type { Session } from '../../postgres/session.ts';
import type { Column } from '../../rows/batch.ts';
import { arrayJson, type ElementKind } from './array.ts';

/** A column with the conversion of COPY's text; null if none is needed. */
export type PostgresColumn = Column & { readonly convert: ((text: string) => string) | null };

const TYPES: Readonly<Record<string, ColumnType>> = {
  int2: 'int',
  int4: 'int',
  int8: 'int',
  oid: 'int',
  float4: 'float',
  float8: 'float',
  numeric: 'decimal',
  bool: 'bool',
  timestamp: 'timestamp',
  timestamptz: 'timestamptz',
  date: 'date',
  json: 'json',
  jsonb: 'json',
  text: 'text',
  varchar: 'text',
  bpchar: 'text',
  char: 'text',
  name: 'text',
  citext: 'text',
  uuid: 'text',
  vector: 'array', // pgvector writes [1,2.5]
};

type TypeRow = { ordinal: number; native: string; name: string; kind: string; element: string | null };

/** The described columns with their types from the catalog, in order. */
export async function postgresColumns(
  session: Session,
  described: readonly DescribedColumn[],
): Promise<PostgresColumn[]> {
  const rows = await session.query<TypeRow>(
    `select asked.ordinal::int4 as ordinal, format_type(asked.oid, asked.modifier) as native, t.typname as name,
            t.typtype as kind, case when t.typcategory = 'A' then coalesce(bb.typname, b.typname, e.typname) end as element
       from unnest($1::oid[], $2::int4[]) with ordinality as asked (oid, modifier, ordinal)
       join pg_catalog.pg_type t on t.oid = asked.oid
       left join pg_catalog.pg_type e on e.oid = t.typelem
       -- The base types of a domain, and of a domain over a domain.
       left join pg_catalog.pg_type b on b.oid = e.typbasetype
       left join pg_catalog.pg_type bb on bb.oid = b.typbasetype`,
    [described.map(({ typeOid }) => typeOid), described.map(({ typeModifier }) => typeModifier)],
  );
  const byOrdinal = new Map(rows.map((row) => [row.ordinal, row]));
  return described.map(({ name }, index) => columnOf(name, byOrdinal.get(index + 1)));
}

function columnOf(name: string, type: TypeRow | undefined): PostgresColumn {
  if (type === undefined) return { name, type: 'other', nativeType: 'an unknown type', convert: null };
  const nativeType = type.native;
  if (type.kind === 'e') return { name, type: 'text', nativeType, convert: null };
  if (type.element !== null) {
    const kind = elementKind(type.element);
    return { name, type: 'array', nativeType, convert: (text) => arrayJson(text, kind) };
  }
  const ours = TYPES[type.name] ?? 'other';
  return { name, type: ours, nativeType, convert: ours === 'bool' ? spelledBool : null };
}

function elementKind(typeName: string): ElementKind {
  const ours = TYPES[typeName] ?? 'other';
  if (ours === 'int' || ours === 'float' || ours === 'decimal') return 'number';
  return ours === 'bool' || ours === 'json' ? ours : 'text';
}

function spelledBool(text: string): string {
  return text === 't' ? 'true' : 'false';
}
