// A parsed test of a view: rows of its source, a span of time, and what its query returns.

import { type EpochMs, parseInstant } from '../core/instant.ts';
import { type Interval, interval } from '../core/interval.ts';
import type { ExpectedCheck } from './expected-check.ts';
import type { ViewTestFile } from './files/view-test-file.ts';

/** Column → value, as YAML reads it. */
export type TestRow = Readonly<Record<string, unknown>>;

export type ViewTest = {
  /** Relative to the project's folder. */
  readonly file: string;
  readonly view: string;
  readonly description: string;
  readonly now: EpochMs | null;
  readonly given: Readonly<Record<string, readonly TestRow[]>>;
  readonly types: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly span: Interval | null;
  readonly expect: {
    readonly rows: readonly TestRow[] | null;
    readonly refused: readonly TestRow[];
    readonly checks: readonly ExpectedCheck[];
  };
};

/** The test of a valid file. */
export function parseViewTest(file: string, { view, description, ...written }: ViewTestFile): ViewTest {
  const [start, end] = (written.span ?? []).map(parseInstant);
  return {
    file,
    view,
    description,
    now: written.now === undefined ? null : parseInstant(written.now),
    given: written.given,
    types: written.types ?? {},
    span: start == null || end == null ? null : interval(start, end),
    expect: { rows: written.expect.rows ?? null, refused: written.expect.refused, checks: written.expect.checks },
  };
}
