// A feature of an entity as the API returns it: value, event time, age and status.

import type { EpochMs } from '../../core/instant.ts';
import type { JsonValue } from '../../feature-types/json.ts';
import type { FeatureRow } from '../../offline/feature-row.ts';
import { isAlive } from '../../online/read.ts';
import type { WantedView } from './feature-refs.ts';
import { jsonValue, type Numbers } from './json-value.ts';

export const CELL_STATUSES = ['present', 'null', 'missing', 'expired', 'unavailable'] as const;
export type CellStatus = (typeof CELL_STATUSES)[number];

export type Cell = {
  readonly value: JsonValue;
  /** Null if there is no row. */
  readonly event_time: string | null;
  readonly age_seconds: number | null;
  readonly status: CellStatus;
  /** Present and true if the value is the default of a service. */
  readonly is_default?: true;
};

export type Cells = Record<string, Cell>;

export type EntityCells = {
  readonly entity: string;
  readonly id: string;
  /** Of a composite entity. */
  readonly parts?: Readonly<Record<string, string>>;
  readonly features: Cells;
};

export type OnlineAnswer = { readonly now: string; readonly rows: readonly EntityCells[] };

/** How values are written, and the time at which ttl and age are judged. */
export type Reading = { readonly now: EpochMs; readonly numbers: Numbers };

const MISSING: Cell = { value: null, event_time: null, age_seconds: null, status: 'missing' };
export const UNAVAILABLE: Cell = { ...MISSING, status: 'unavailable' };

/** The requested features of a row, added to `cells`. */
export function addCells(cells: Cells, { view, wanted }: WantedView, row: FeatureRow | null, reading: Reading): void {
  if (row === null) {
    for (const { name } of wanted) cells[name] = MISSING;
    return;
  }
  const time = { event_time: isoMicros(row.eventTime), age_seconds: ageOf(row, reading.now) };
  const isExpired = !isAlive(view, row, reading.now);
  for (const { name, feature } of wanted) {
    const value = isExpired ? null : jsonValue(feature.type, row.values[feature.name] ?? null, reading.numbers);
    cells[name] = { value, ...time, status: isExpired ? 'expired' : value === null ? 'null' : 'present' };
  }
}

function ageOf({ eventTime }: FeatureRow, now: EpochMs): number {
  return (now * 1_000 - eventTime) / 1_000_000;
}

/** `2026-01-31T23:59:59.123456Z`; microseconds only if they are not zero. */
export function isoMicros(micros: number): string {
  const whole = Math.floor(micros / 1_000_000);
  const rest = micros - whole * 1_000_000;
  const seconds = new Date(whole * 1_000).toISOString().slice(0, 19);
  return rest === 0 ? `${seconds}Z` : `${seconds}.${String(rest).padStart(6, '0')}Z`;
}
