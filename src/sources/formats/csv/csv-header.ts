// The column names of a CSV file. Only a column that is used needs a valid name: exports may have an empty name after a
// trailing delimiter, or duplicate names.

import type { PartialColumn } from '../united-columns.ts';

export type CsvHeader = {
  /** A distinct name for each field of a row, in order. */
  readonly fields: readonly string[];
  /** The names that are columns. */
  readonly columns: readonly string[];
  readonly unusable: readonly PartialColumn[];
};

/** The header of a file with these names. */
export function csvHeader(file: string, names: readonly string[]): CsvHeader {
  const alike = Map.groupBy(names, (name) => name.toLowerCase());
  const isUsable = (name: string) => problemOf(name, alike) === null;
  const unusable = [...new Set(names)].flatMap((column) => {
    const problem = problemOf(column, alike);
    return problem === null ? [] : [{ column, why: `the header of ${file} ${problem}` }];
  });
  return {
    // A name that no column can have.
    fields: names.map((name, index) => (isUsable(name) ? name : `\u0001${index}`)),
    columns: names.filter(isUsable),
    unusable,
  };
}

function problemOf(name: string, alike: ReadonlyMap<string, readonly string[]>): string | null {
  if (name === '') return 'has an empty name';
  if (/\p{Cc}/u.test(name)) return 'has a control character in its name';
  return (alike.get(name.toLowerCase())?.length ?? 0) > 1
    ? 'has duplicate names (upper and lower case are not distinguished)'
    : null;
}
