// The known kinds of sources, for checking definitions.

import type { Clock } from '../core/clock.ts';
import type { QueryChecker } from '../definition/query/query-problem.ts';
import type { KnownKind } from '../definition/rules/scheme-rules.ts';

/** Imported on first use: a help page does not need the drivers of all sources. */
export async function sourceKinds(): Promise<readonly KnownKind[]> {
  return (await import('../sources/index.ts')).SOURCE_KINDS;
}

/** The check of queries without a server. Its parsers are loaded when a query needs them. */
export async function checkerOfQueries(clock: Clock): Promise<QueryChecker> {
  return (await import('../sources/check-queries.ts')).queryChecker(clock);
}
