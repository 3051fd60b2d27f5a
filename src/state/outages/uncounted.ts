// Failures that say nothing about the view: they pause neither the view nor a backfill.

import type { FailureCode } from '../../core/failure.ts';

/** The failure after which a source is probed. */
export const SOURCE_AWAY = 'SOURCE_UNAVAILABLE' satisfies FailureCode;

const UNCOUNTED: readonly string[] = [SOURCE_AWAY, 'SOURCE_CREDENTIALS'] satisfies readonly FailureCode[];

/** Whether a failure counts towards `failures_max`. */
export function isCountedCode(code: string): boolean {
  return !UNCOUNTED.includes(code);
}

/** The same as SQL; a run without an error counts. `code` is an expression. */
export function isCountedSql(code: string): string {
  return `coalesce(${code} not in (${UNCOUNTED.map((one) => `'${one}'`).join(', ')}), true)`;
}
