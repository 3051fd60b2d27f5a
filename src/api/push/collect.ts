// Collects the rows of one view in a push: each is checked on arrival and either kept for the inbox or refused with a reason.

import type { FeatureView } from '../../definition/view.ts';
import { createRowCheck, type RowCheck } from '../../rows/check.ts';
import { requireColumns } from '../../rows/layout.ts';
import type { RefusalReason } from '../../rows/refusal.ts';
import { inboxCells, inboxColumns, pushedColumns } from '../../run/inbox-reading.ts';
import { ENTRY_CHARACTERS_MAX, ENTRY_ROWS_MAX, type InboxEntry } from '../../state/inbox/add.ts';
import { cellsOf } from './cells.ts';

/** A refused row of a push; `row` is its place in the request, from 0. */
export type RefusedPush = { readonly row: number; readonly reason: RefusalReason; readonly detail: string };

export type Collector = {
  add(row: unknown, place: number): void;
  /** The accepted rows so far, as entries for the inbox. */
  entries(): readonly InboxEntry[];
  readonly cells: ReturnType<typeof inboxColumns>;
  accepted(): number;
  refused(): number;
  /** The first refused rows. */
  readonly refusals: readonly RefusedPush[];
};

const REFUSALS_SHOWN = 1_000;
const FUTURE_ALLOWED_MICROS = 300_000_000;

/** Clients may send a feature under its name or under its column, which is `value` in views of one feature. */
type SentAs = 'name' | 'column';

export type CollectorOptions = {
  readonly view: FeatureView;
  /** The time of the state database; rows may be a little ahead of it. */
  readonly nowMs: number;
  /** What a message calls a feature that a row does not have. */
  readonly unsent: SentAs;
};

export function createCollector({ view, nowMs, unsent }: CollectorOptions): Collector {
  const checkAs = rowChecks(view, nowMs);
  const readCells = cellsOf(view);
  const entries: InboxEntry[] = [];
  const refusals: RefusedPush[] = [];
  let rows: string[] = [];
  let characters = 0;
  let accepted = 0;
  let refused = 0;
  const refuse = (row: number, reason: RefusalReason, detail: string) => {
    refused += 1;
    if (refusals.length < REFUSALS_SHOWN) refusals.push({ row, reason, detail });
  };
  const close = () => {
    if (rows.length > 0) entries.push({ rows: rows.length, data: `[${rows.join(',')}]` });
    rows = [];
    characters = 0;
  };
  return {
    add(row, place) {
      const cells = readCells(row);
      if (!isCells(cells)) {
        return refuse(place, cells.reason, cells.detail);
      }
      const batch = { rows: 1, columns: cells.map((cell) => [cell]) };
      const [bad] = checkAs.column.check(batch).refused;
      if (bad !== undefined) {
        const [named = bad] = checkAs[nameSent(view, row, bad.field) ?? unsent].check(batch).refused;
        return refuse(place, bad.reason, named.detail);
      }
      const text = JSON.stringify(inboxCells(view, cells));
      rows.push(text);
      characters += text.length;
      accepted += 1;
      if (rows.length >= ENTRY_ROWS_MAX || characters >= ENTRY_CHARACTERS_MAX) close();
    },
    entries: () => {
      close();
      return entries;
    },
    cells: inboxColumns(view),
    accepted: () => accepted,
    refused: () => refused,
    refusals,
  };
}

function isCells(cells: ReturnType<ReturnType<typeof cellsOf>>): cells is readonly (string | null)[] {
  return Array.isArray(cells);
}

/** The row check, with messages in the names of the columns and in those of the features. */
function rowChecks(view: FeatureView, nowMs: number): Readonly<Record<SentAs, RowCheck>> {
  const latestAllowedMicros = nowMs * 1_000 + FUTURE_ALLOWED_MICROS;
  const checkOf = (shown: FeatureView) => {
    const layout = requireColumns(shown, pushedColumns(shown));
    return createRowCheck({ view: shown, layout, range: null, latestAllowedMicros });
  };
  const byName = { ...view, features: view.features.map((feature) => ({ ...feature, column: feature.name })) };
  return { column: checkOf(view), name: checkOf(byName) };
}

/** How a row names the feature of a column; null if it does not have it. */
function nameSent(view: FeatureView, row: unknown, column: string | null): SentAs | null {
  const feature = view.features.find((one) => one.column === column);
  if (feature === undefined || typeof row !== 'object' || row === null) return null;
  if (Object.hasOwn(row, feature.name)) return 'name';
  return Object.hasOwn(row, feature.column) ? 'column' : null;
}
