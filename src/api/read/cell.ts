// A feature of an entity as the API returns it: value, event time, age and status. Responses have thousands of them, so their
// JSON is written directly.

import type { EpochMs } from '../../core/instant.ts';
import type { FeatureRow } from '../../offline/feature-row.ts';
import { isAlive } from '../../online/read.ts';
import type { WantedFeature, WantedView } from './feature-refs.ts';
import { type JsonText, NULL } from './json-value.ts';

export const CELL_STATUSES = ['present', 'null', 'missing', 'expired', 'unavailable'] as const;
export type CellStatus = (typeof CELL_STATUSES)[number];

/** What a feature of an entity is, besides the time of its row. */
export type Cell = {
  readonly value: JsonText;
  readonly status: CellStatus;
  /** Null if there is no row. */
  readonly ageSeconds: number | null;
  /** Whether the value is the default of a service. */
  readonly isDefault?: true;
};

/** The members of a JSON object of features: `"view:feature":{"value":…}`, separated by commas. */
export type CellsText = string;

export type Reading = {
  /** The time at which ttl and age are judged. */
  readonly now: EpochMs;
  /** What a service returns for a feature, by its name in the response. */
  readonly served?: (name: string, cell: Cell) => Cell;
};

const MISSING: Cell = { value: NULL, status: 'missing', ageSeconds: null };
const UNAVAILABLE: Cell = { value: NULL, status: 'unavailable', ageSeconds: null };
const NO_TIME = '"event_time":null,"age_seconds":null';

/** The requested features of a row, or of an entity without one. */
export function cellsOf(wanted: WantedView, row: FeatureRow<JsonText> | null, reading: Reading): CellsText {
  if (row === null) return cellsText(wanted, () => MISSING, NO_TIME, reading);
  const { view } = wanted;
  const ageSeconds = (reading.now * 1_000 - row.eventTime) / 1_000_000;
  const time = `"event_time":"${isoMicros(row.eventTime)}","age_seconds":${ageSeconds}`;
  const isExpired = !isAlive(view, row, reading.now);
  const cellOf = ({ feature }: WantedFeature): Cell => {
    if (isExpired) return { value: NULL, status: 'expired', ageSeconds };
    const value = row.values[feature.name] ?? NULL;
    return { value, status: value === NULL ? 'null' : 'present', ageSeconds };
  };
  return cellsText(wanted, cellOf, time, reading);
}

/** The requested features of an entity that could not be read. */
export function unavailableCells(wanted: WantedView, reading: Reading): CellsText {
  return cellsText(wanted, () => UNAVAILABLE, NO_TIME, reading);
}

function cellsText(
  { wanted }: WantedView,
  cellOf: (feature: WantedFeature) => Cell,
  time: string,
  { served }: Reading,
): CellsText {
  let members = '';
  for (const feature of wanted) {
    const read = cellOf(feature);
    const { value, status, isDefault } = served === undefined ? read : served(feature.name, read);
    const more = isDefault === undefined ? '' : ',"is_default":true';
    members += `${members === '' ? '' : ','}${feature.member}:{"value":${value},${time},"status":"${status}"${more}}`;
  }
  return members;
}

/** `2026-01-31T23:59:59.123456Z`; microseconds only if they are not zero. */
export function isoMicros(micros: number): string {
  const whole = Math.floor(micros / 1_000_000);
  const rest = micros - whole * 1_000_000;
  const seconds = new Date(whole * 1_000).toISOString().slice(0, 19);
  return rest === 0 ? `${seconds}Z` : `${seconds}.${String(rest).padStart(6, '0')}Z`;
}
