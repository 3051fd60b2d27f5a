// Compares the columns that a query returns with those of its view.

import { type QueryProblem, queryError } from './query-problem.ts';

/** A column of a query, and where it is written. */
export type OutputColumn = { readonly name: string; readonly at: number };

const LISTED_MAX = 12;

/** The columns of a query: one of the sets of keys, all others, and optional ones. */
export type WantedColumns = {
  readonly keys: readonly (readonly string[])[];
  readonly columns: readonly string[];
  readonly optional: readonly string[];
};

/** What is missing, unexpected or repeated. `start` is the place of the query. */
export function columnErrors(
  found: readonly OutputColumn[],
  { keys, columns, optional }: WantedColumns,
  start: number,
): QueryProblem[] {
  const names = found.map(({ name }) => name);
  const key = keys.find((set) => set.every((name) => names.includes(name))) ?? keys[0] ?? [];
  const wanted = [...key, ...columns];
  const rest = optional.length === 0 ? '' : ` and optionally ${optional.join(', ')}`;
  const facts = `found ${listed(names)}; expected ${listed(wanted)}${rest}`;
  const missing = wanted.filter((name) => !names.includes(name));
  const unexpected = found.filter(({ name }) => !optional.includes(name) && !wanted.includes(name));
  const repeated = found.filter(
    ({ name }, index) => names.indexOf(name) < index && !unexpected.some((one) => one.name === name),
  );
  return [
    ...missing.map((name) => queryError(start, `the column ${name} is missing; ${facts}`)),
    ...unexpected.map(({ name, at }) => queryError(at, `the column ${JSON.stringify(name)} is unexpected; ${facts}`)),
    ...repeated.map(({ name, at }) => queryError(at, `the column ${name} appears more than once; ${facts}`)),
  ].slice(0, 3);
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, LISTED_MAX).join(', ');
  return names.length > LISTED_MAX ? `${shown} and ${names.length - LISTED_MAX} more` : shown;
}
