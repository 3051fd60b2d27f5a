// The run-level rules that the rows of a preview violate.

import type { FailureCode } from '../core/failure.ts';
import { type Message, safe, text } from '../core/message.ts';
import type { FeatureView } from '../definition/view.ts';
import { entryOf } from '../feature-types/index.ts';
import type { StagingColumn } from '../rows/layout.ts';
import { brokenRemovalRule, brokenRule } from '../run/rules.ts';
import type { RunCounts } from '../state/runs/run.ts';
import type { KeptRows } from './accepted-rows.ts';

export type BrokenRule = { readonly code: FailureCode; readonly message: Message };

type Previewed = {
  readonly view: FeatureView;
  readonly counts: RunCounts;
  /** Rows in the range. */
  readonly stored: number;
  readonly columns: readonly StagingColumn[];
  readonly rows: KeptRows;
};

/** The first rule about the rows, and the first about what they would remove. */
export function brokenRules({ view, counts, stored, columns, rows }: Previewed): BrokenRule[] {
  const run = { id: 0, view, counts, options: { allowRemovals: false } };
  const features = Object.fromEntries(
    view.features.map(({ name, type }) => {
      const at = columns.findIndex((column) => column.name === name);
      const texts = rows.accepted.map((row) => row[at] ?? null);
      const numbers = entryOf(type).extremes === 'limited' ? texts.filter((one) => one !== null).map(Number) : [];
      return [name, { nulls: texts.filter((one) => one === null).length, ...extremesOf(numbers) }];
    }),
  );
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

function extremesOf(numbers: readonly number[]) {
  if (numbers.length === 0) return { min: null, max: null };
  const extreme = (pick: (a: number, b: number) => number) => String(numbers.reduce((a, b) => pick(a, b)));
  return { min: extreme(Math.min), max: extreme(Math.max) };
}
