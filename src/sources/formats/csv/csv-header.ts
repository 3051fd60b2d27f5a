// The names of a csv file's columns. Only a column that is used needs a name that can be: exports have empty names for what
// is behind a delimiter at the end of the line, and the same name twice.

import type { PartialColumn } from '../united-columns.ts';

export type CsvHeader = {
  /** A name for each field of a row, in its order, no two of them alike. */
  readonly fields: readonly string[];
  /** Those of them that are columns. */
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
    // No column has such a name.
    fields: names.map((name, index) => (isUsable(name) ? name : `\u0001${index}`)),
    columns: names.filter(isUsable),
    unusable,
  };
}

function problemOf(name: string, alike: ReadonlyMap<string, readonly string[]>): string | null {
  if (name === '') return 'has no name for it';
  if (/\p{Cc}/u.test(name)) return 'has a control character in its name';
  return (alike.get(name.toLowerCase())?.length ?? 0) > 1 ? 'has its name twice (in any case)' : null;
}
