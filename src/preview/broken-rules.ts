// The run-level rules that the rows of a preview violate.

import type { FailureCode } from '../core/failure.ts';
import { type Message, safe, text } from '../core/message.ts';
import type { FeatureView } from '../definition/view.ts';
import { brokenRemovalRule, brokenRule } from '../run/rules.ts';
import type { RunCounts } from '../state/runs/run.ts';
import type { KeptRows } from './accepted-rows.ts';
import { collectLimits } from './limits.ts';

export type BrokenRule = { readonly code: FailureCode; readonly message: Message };

type Previewed = {
  readonly view: FeatureView;
  readonly counts: RunCounts;
  /** Rows in the range. */
  readonly stored: number;
  readonly rows: KeptRows;
};

/** The first rule about the rows, and the first about what they would remove. If the rows are not kept, removals and duplicates are unknown. */
export function brokenRules({ view, counts, stored, rows }: Previewed): BrokenRule[] {
  const run = { id: 0, view, counts, options: { allowRemovals: false } };
  const limits = collectLimits(view);
  if (rows.limits === null) limits.take(rows.accepted);
  const features = rows.limits ?? limits.found();
  const removal = { stored, removed: counts.removed, kept: counts.kept, outdated: 0 };
  const withoutKey = counts.refused - rows.refusedKeys.length;
  const rule = brokenRule(run, { features }, counts.duplicates);
  const removes = rows.isCut ? null : brokenRemovalRule(run, { ...removal, withoutKey });
  return [
    ...(rule === null ? [] : [{ code: rule.code, message: rule.parts }]),
    ...(removes === null ? [] : [{ code: removes.code, message: removalText(view, removal) }]),
  ];
}

/** There is no run yet that could be retried with --allow-removals. */
function removalText({ removedMax }: FeatureView, { stored, removed }: { stored: number; removed: number }): Message {
  const limit = `${Number((removedMax * 100).toFixed(2))}%`;
  return text`${safe(removed)} of the ${safe(stored)} stored rows of this span would be removed. A run removes at most ${safe(limit)} of them (removed_max), and none if it refused rows with an unreadable entity or time.`;
}
