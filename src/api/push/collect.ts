// Collects the rows of one view in a push: each is checked on arrival and either kept for the inbox or refused with a reason.

import type { FeatureView } from '../../definition/view.ts';
import { createRowCheck } from '../../rows/check.ts';
import { requireColumns } from '../../rows/layout.ts';
import type { RefusalReason } from '../../rows/refusal.ts';
import { pushedColumns } from '../../run/inbox-reading.ts';
import { ENTRY_CHARACTERS_MAX, ENTRY_ROWS_MAX, type InboxEntry } from '../../state/inbox/add.ts';
import { cellsOf } from './cells.ts';

/** A refused row of a push; `row` is its place in the request, from 0. */
export type RefusedPush = { readonly row: number; readonly reason: RefusalReason; readonly detail: string };

export type Collector = {
  add(row: unknown, place: number): void;
  /** The accepted rows so far, as entries for the inbox. */
  entries(): readonly InboxEntry[];
  readonly columns: readonly string[];
  accepted(): number;
  refused(): number;
  /** The first refused rows. */
  readonly refusals: readonly RefusedPush[];
};

const REFUSALS_SHOWN = 1_000;
const FUTURE_ALLOWED_MICROS = 300_000_000;

/** `nowMs` is the time of the state database; rows may be a little ahead of it. */
export function createCollector(view: FeatureView, nowMs: number): Collector {
  const columns = pushedColumns(view);
  const layout = requireColumns(view, columns);
  const latestAllowedMicros = nowMs * 1_000 + FUTURE_ALLOWED_MICROS;
  const rowCheck = createRowCheck({ view, layout, range: null, latestAllowedMicros });
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
        const { column, expected } = cells;
        const reason =
          column === '' ? 'row_broken' : expected === 'a feature of the view' ? 'column_unknown' : 'value_wrong_type';
        return refuse(
          place,
          reason,
          column === '' ? `the row is not ${expected}` : `${shown(column)} is not ${expected}`,
        );
      }
      const checked = rowCheck.check({ rows: 1, columns: cells.map((cell) => [cell]) });
      const [bad] = checked.refused;
      if (bad !== undefined) return refuse(place, bad.reason, bad.detail);
      const text = JSON.stringify(cells);
      rows.push(text);
      characters += text.length;
      accepted += 1;
      if (rows.length >= ENTRY_ROWS_MAX || characters >= ENTRY_CHARACTERS_MAX) close();
    },
    entries: () => {
      close();
      return entries;
    },
    columns: columns.map(({ name }) => name),
    accepted: () => accepted,
    refused: () => refused,
    refusals,
  };
}

function isCells(cells: ReturnType<ReturnType<typeof cellsOf>>): cells is readonly (string | null)[] {
  return Array.isArray(cells);
}

function shown(name: string): string {
  return JSON.stringify(name.slice(0, 64).toWellFormed());
}
