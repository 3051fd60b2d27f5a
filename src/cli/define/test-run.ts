// Running one test, with its result as data.

import type { Clock } from '../../core/clock.ts';
import { Failure } from '../../core/failure.ts';
import type { Definitions } from '../../definition/load.ts';
import { DATABASE_DIALECTS, type DatabaseDialect, type SqlDialect } from '../../definition/query/sql-text.ts';
import type { KnownKind } from '../../definition/rules/scheme-rules.ts';
import type { FeatureView } from '../../definition/view.ts';
import type { ViewTest } from '../../definition/view-test.ts';
import { withClock } from '../../view-tests/fixed-clock.ts';
import type { Fixtures } from '../../view-tests/open-fixtures.ts';
import { outcomeOf, readTest, type TestOutcome, type TestReading } from '../../view-tests/run-test.ts';
import { sourceKinds } from '../source-kinds.ts';
import { dialectOfUrl } from './source-dialect.ts';

export type TestResult = {
  readonly test: ViewTest;
  readonly passed: boolean;
  readonly outcome: TestOutcome;
  /** Why the query could not be run; null if it was. */
  readonly failure: Failure | null;
  readonly ms: number;
};

/** The tests whose file or view contains the pattern. */
export function selectTests({ tests }: Definitions, pattern: string): readonly ViewTest[] {
  return tests.filter(({ file, view }) => file.includes(pattern) || view.includes(pattern));
}

export async function performTest(
  clock: Clock,
  fixtures: Fixtures,
  definitions: Definitions,
  test: ViewTest,
  signal: AbortSignal,
): Promise<TestResult> {
  const started = clock.now();
  const view = viewOf(definitions, test.view);
  try {
    const reading = await readFixture(clock, fixtures, definitions, { view, test, signal });
    const outcome = outcomeOf(view, test, reading);
    const passed = Object.values(outcome).every((differences) => differences.length === 0);
    return { test, passed, outcome, failure: null, ms: clock.now() - started };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { test, passed: false, outcome: NOTHING, failure: error, ms: clock.now() - started };
  }
}

const NOTHING: TestOutcome = { rows: [], refused: [], checks: [], broken: [] };

type Fixed = { readonly view: FeatureView; readonly test: ViewTest; readonly signal: AbortSignal };

/** What the view's query returns over the given rows. */
export async function readFixture(
  clock: Clock,
  fixtures: Fixtures,
  definitions: Definitions,
  { view, test, signal }: Fixed,
): Promise<TestReading> {
  const config = definitions.config.sources[view.source];
  if (config === undefined) throw new RangeError(`no source ${view.source}`);
  const kinds = await sourceKinds();
  const dialect = await testedDialect(definitions, view);
  const dialectOf = (source: string) => databaseDialect(definitions, source, kinds);
  await using source = await fixtures.sourceOf(test, view, dialectOf, config);
  const isTimed = test.now !== null && view.query !== null;
  const timed = isTimed ? { ...view, query: withClock(view.query, dialect, test.now) } : view;
  return await readTest({ source, view: timed, test, now: clock.now(), reads: fixtures.reads, signal });
}

/** Postgres, unless the source is another database. */
export async function testedDialect(definitions: Definitions, view: FeatureView): Promise<SqlDialect> {
  return view.files === null ? databaseDialect(definitions, view.source, await sourceKinds()) : 'duckdb';
}

function databaseDialect({ config }: Definitions, name: string, kinds: readonly KnownKind[]): DatabaseDialect {
  const source = config.sources[name];
  const dialect = source?.dialect ?? dialectOfUrl(source?.url.text ?? '', kinds);
  return DATABASE_DIALECTS.find((one) => one === dialect) ?? 'postgres';
}

export function viewOf({ views }: Definitions, name: string): FeatureView {
  const view = views.find((one) => one.name === name);
  if (view === undefined) throw new RangeError(`no view ${name}`);
  return view;
}
