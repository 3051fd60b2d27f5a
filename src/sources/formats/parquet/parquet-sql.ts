// The rows of Parquet files as SQL, and those with an invalid value.

import { FILE_COLUMN, fileList, NO_COLUMN, type TableFile, type TypeErrors } from '../files-table.ts';
import type { NamedColumns } from '../named-columns.ts';
import type { PathColumns } from '../path-columns.ts';
import { quotedName, quotedText } from '../quote.ts';
import { type DescribedFile, type ParquetTable, type ParquetValue, parquetValues } from './parquet-columns.ts';
import { PARQUET_OPTIONS } from './parquet-schema.ts';

export type ParquetFile = TableFile & DescribedFile;

export type Group = { readonly files: readonly ParquetFile[]; readonly values: readonly ParquetValue[] };

/** Groups of adjacent files with the same columns and the same values in their paths. */
export function groupsOf(files: readonly ParquetFile[], table: ParquetTable, paths: PathColumns): Group[] {
  const groups: { key: string; files: ParquetFile[] }[] = [];
  for (const file of files) {
    const key = JSON.stringify([paths.valuesOf(file), file.columns]);
    const last = groups.at(-1);
    if (last?.key === key) last.files.push(file);
    else groups.push({ key, files: [file] });
  }
  return groups.map(({ files: members }) => {
    const [first] = members;
    return { files: members, values: first === undefined ? [] : parquetValues(table, first) };
  });
}

/** The rows of a group: all, those with valid values, and those with an invalid one. */
export type GroupSql = {
  readonly all: string;
  readonly fitting: string;
  readonly typeErrors: {
    readonly from: string;
    readonly checked: readonly ParquetValue[];
    readonly values: readonly ParquetValue[];
  };
};

export function groupSql({ files, values }: Group, named: NamedColumns, ofPath: readonly string[]): GroupSql {
  const own = values.map(({ column, own: name, value }) => `${value(name ?? '')} as ${quotedName(column)}`);
  const selected = [...own, ...ofPath];
  const none = [`null::varchar as ${quotedName(NO_COLUMN)}`];
  const reader = (options: string) =>
    `read_parquet(${fileList(files)}, ${PARQUET_OPTIONS}, union_by_name = true${options})`;
  const all = `select ${(selected.length === 0 ? none : selected).join(', ')} from ${reader('')}`;
  const checked = values.filter(({ column, fits }) => fits !== null && named.has(column));
  const conditions = checked.map(({ own: name, fits }) => fits?.(name ?? '') ?? 'true');
  return {
    all,
    fitting: conditions.length === 0 ? all : `${all} where ${conditions.join(' and ')}`,
    typeErrors: { from: reader(`, filename = ${quotedText(FILE_COLUMN)}`), checked, values },
  };
}

export function unionOf(selects: readonly string[]): string {
  return selects.join('\n union all ');
}

/** The rows with an invalid value; null if there can be none. */
export function typeErrorsOf(
  groups: readonly GroupSql[],
  { columns }: ParquetTable,
  named: NamedColumns,
): TypeErrors | null {
  const shown = columns.filter((column) => named.has(column));
  const checked: { column: string; expected: string }[] = [];
  const selects = groups.flatMap(({ typeErrors }) => {
    if (typeErrors.checked.length === 0) return [];
    const bad = typeErrors.checked.map(({ own, fits }) => `not ${fits?.(own ?? '') ?? 'true'}`);
    const first = bad.map((condition, index) => `when ${condition} then ${checked.length + index}`).join(' ');
    checked.push(...typeErrors.checked.map(({ column, expected }) => ({ column, expected })));
    const texts = shown.map((column) => {
      const own = typeErrors.values.find((value) => value.column === column)?.own ?? null;
      return own === null ? 'null::varchar' : `left(${own}::varchar, 600)`;
    });
    const selected = [quotedName(FILE_COLUMN), `case ${first} end`, ...texts].join(', ');
    return [`select ${selected} from ${typeErrors.from} where ${bad.join(' or ')}`];
  });
  return selects.length === 0 ? null : { sql: unionOf(selects), columns: shown, checked };
}
