// The checks of a view for rows in memory, as the stages of a run apply them to staged rows. Writes nothing.

import type { Check, RowCondition } from '../definition/check.ts';
import type { FeatureView } from '../definition/view.ts';
import { parseMicros } from '../feature-types/iso-time.ts';
import { brokenExamples, brokenPlaces, type CheckOfRows, repeated, repeatedPlaces } from '../offline/conditions.ts';
import { type AcceptedRow, CHUNK, chunksOf, type GivenRows, givenRows } from '../offline/given-rows.ts';
import type { Session } from '../postgres/session.ts';
import { EXAMPLES_MAX } from '../quality/outcome.ts';
import type { Evidence } from './checks.ts';
import { refusingChecks } from './refuse-by-checks.ts';

/** Runs reads in a transaction, which a failed check ends. */
export type Reads = <T>(work: (session: Session) => Promise<T>) => Promise<T>;

/** Accepted rows of a view. */
export type CheckedRows = GivenRows & { readonly view: FeatureView };

export type RefusedByCheck = { readonly check: RowCondition; readonly rows: readonly AcceptedRow[] };

/** The rows that pass the checks that refuse rows, and those that each of these checks refuses. */
export type Sifted = { readonly passed: readonly AcceptedRow[]; readonly refused: readonly RefusedByCheck[] };

/** Applies the checks that refuse rows, one at a time. @throws Failure CHECK_FAILED if Postgres cannot evaluate one. */
export async function refuseGiven(reads: Reads, { view, columns, rows }: CheckedRows): Promise<Sifted> {
  const refused: RefusedByCheck[] = [];
  let passed = rows;
  for (const check of refusingChecks(view)) {
    const broken = new Set(await placesIn(reads, { view, columns, rows: passed }, check));
    refused.push({ check, rows: passed.filter((_, place) => broken.has(place)) });
    passed = passed.filter((_, place) => !broken.has(place));
  }
  return { passed, refused };
}

/** Counts for the other checks. */
export function countGiven(reads: Reads, checked: CheckedRows): Evidence['count'] {
  return async (check) => {
    if (check.kind === 'entities') return new Set(checked.rows.map(([entityId]) => entityId)).size;
    if (check.kind === 'unique') return repeatedGiven(reads, checked, check);
    return (await placesIn(reads, checked, check)).length;
  };
}

/** The first rows that fail a check, in the order of the offline store. */
export function examplesGiven(reads: Reads, checked: CheckedRows): Evidence['examples'] {
  return async (check) => {
    const places = await examplePlaces(reads, checked, check);
    const broken = places.map((place) => checked.rows[place] ?? []).toSorted(byKey);
    const given = { columns: checked.columns, rows: broken.slice(0, EXAMPLES_MAX) };
    return await reads((session) => brokenExamples(session, checked.view, check, { given }));
  };
}

function examplePlaces(reads: Reads, checked: CheckedRows, check: CheckOfRows): Promise<number[]> {
  if (check.kind !== 'unique') return placesIn(reads, checked, check);
  const compared = withColumns(checked, ['entity_id', 'event_timestamp', ...check.features]);
  return reads((session) => repeatedPlaces(session, checked.view, check, compared));
}

function byKey([a, at]: AcceptedRow, [b, other]: AcceptedRow): number {
  const order = Buffer.compare(Buffer.from(a ?? ''), Buffer.from(b ?? ''));
  return order === 0 ? Number(parseMicros(at ?? '')) - Number(parseMicros(other ?? '')) : order;
}

async function placesIn(reads: Reads, { view, columns, rows }: CheckedRows, check: RowCondition): Promise<number[]> {
  const places: number[] = [];
  let start = 0;
  for (const chunk of chunksOf(rows, CHUNK)) {
    const broken = await reads((session) => brokenPlaces(session, view, check, { columns, rows: chunk }));
    for (const place of broken) places.push(start + place);
    start += chunk.length;
  }
  return places;
}

type Unique = Extract<Check, { readonly kind: 'unique' }>;

/** All rows in one statement, of which only the compared columns are sent. */
function repeatedGiven(reads: Reads, checked: CheckedRows, check: Unique): Promise<number> {
  const compared = withColumns(checked, check.features);
  return reads((session) => repeated(session, checked.view, check, givenRows(compared)));
}

/** The rows with these of their columns. */
function withColumns({ columns, rows }: GivenRows, names: readonly string[]): GivenRows {
  const places = columns.flatMap(({ name }, at) => (names.includes(name) ? [at] : []));
  return {
    columns: columns.filter(({ name }) => names.includes(name)),
    rows: rows.map((row) => places.map((at) => row[at] ?? null)),
  };
}
