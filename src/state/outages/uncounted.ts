// Failures that say nothing about the view: they pause neither the view nor a backfill.

import type { FailureCode } from '../../core/failure.ts';
import type { RunReason } from '../runs/run.ts';

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

const COUNTED_REASONS: readonly RunReason[] = ['schedule', 'push'];

/**
 * Whether failures of a run count towards `failures_max`: only runs that start by themselves show whether the view works. An
 * operator who retries an old day sees the result, and a backfill counts its own failures.
 */
export function isCountedReason(reason: RunReason): boolean {
  return COUNTED_REASONS.includes(reason);
}

/** The same as SQL, for the column of a run. */
export const IS_COUNTED_REASON = `reason in (${COUNTED_REASONS.map((one) => `'${one}'`).join(', ')})`;
