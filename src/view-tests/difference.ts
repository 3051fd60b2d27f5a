// What differs between expected and actual rows, in any order.

/** Column → canonical text. */
export type CanonicalRow = Readonly<Record<string, string | null>>;

/** A row of a difference: expected and not found, found and not expected, or both with other values. */
export type RowDifference = { readonly expected: CanonicalRow | null; readonly actual: CanonicalRow | null };

/** Only the columns of an expected row are compared. Rows that differ are paired by `keys`. */
export function rowDifferences(
  expected: readonly CanonicalRow[],
  actual: readonly CanonicalRow[],
  keys: readonly string[],
): RowDifference[] {
  const left = [...actual];
  const take = (fits: (row: CanonicalRow) => boolean): CanonicalRow | null => {
    const index = left.findIndex(fits);
    return index === -1 ? null : (left.splice(index, 1)[0] ?? null);
  };
  // The rows with the most columns first: they fit fewest.
  const ordered = expected.toSorted((a, b) => Object.keys(b).length - Object.keys(a).length);
  const missing = ordered.filter((row) => take((other) => agrees(row, other, Object.keys(row))) === null);
  const paired = missing.map((row) => {
    const known = keys.filter((key) => key in row);
    return { expected: row, actual: known.length === 0 ? null : take((other) => agrees(row, other, known)) };
  });
  return [...paired, ...left.map((row) => ({ expected: null, actual: row }))];
}

function agrees(expected: CanonicalRow, actual: CanonicalRow, columns: readonly string[]): boolean {
  return columns.every((column) => (expected[column] ?? null) === (actual[column] ?? null));
}
