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

/** Types of a server that never change, by `keyOf`. */
export type BuiltInTypes = Map<string, TypeRow>;

/** Smaller ids are fixed for all servers (FirstGenbkiObjectId in the source of Postgres). */
const BUILT_IN_BELOW = 10_000;

function keyOf({ typeOid, typeModifier }: DescribedColumn): string {
  return `${typeOid}/${typeModifier}`;
}

/** The described columns with their types from the catalog, in order; built-in types are looked up once. */
export async function postgresColumns(
  session: Session,
  described: readonly DescribedColumn[],
  builtIn: BuiltInTypes,
): Promise<PostgresColumn[]> {
  const asked = described.filter((column) => !builtIn.has(keyOf(column)));
  const types = asked.length === 0 ? [] : await typesOf(session, asked);
  const found = new Map(asked.map((column, index) => [keyOf(column), types[index]]));
  for (const column of asked) {
    const type = found.get(keyOf(column));
    if (type !== undefined && column.typeOid < BUILT_IN_BELOW) builtIn.set(keyOf(column), type);
  }
  return described.map((column) => columnOf(column.name, builtIn.get(keyOf(column)) ?? found.get(keyOf(column))));
}

async function typesOf(session: Session, asked: readonly DescribedColumn[]): Promise<(TypeRow | undefined)[]> {
  const rows = await session.query<TypeRow>(
    `select asked.ordinal::int4 as ordinal, format_type(asked.oid, asked.modifier) as native, t.typname as name,
            t.typtype as kind, case when t.typcategory = 'A' then coalesce(bb.typname, b.typname, e.typname) end as element
       from unnest($1::oid[], $2::int4[]) with ordinality as asked (oid, modifier, ordinal)
       join pg_catalog.pg_type t on t.oid = asked.oid
       left join pg_catalog.pg_type e on e.oid = t.typelem
       -- The base types of a domain, and of a domain over a domain.
       left join pg_catalog.pg_type b on b.oid = e.typbasetype
       left join pg_catalog.pg_type bb on bb.oid = b.typbasetype`,
    [asked.map(({ typeOid }) => typeOid), asked.map(({ typeModifier }) => typeModifier)],
  );
  const byOrdinal = new Map(rows.map((row) => [row.ordinal, row]));
  return asked.map((_, index) => byOrdinal.get(index + 1));
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
