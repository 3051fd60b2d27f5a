// Rules of a view's time: its interval, start and end.

import { parseDuration } from '../../core/duration.ts';
import { type EpochMs, epochMsOf, formatInstant, parseInstant } from '../../core/instant.ts';
import { floorToUnit, isOnGrid } from '../../core/interval.ts';
import { isNullable } from '../declared/parse-declared.ts';
import { hasZero } from '../zero.ts';
import { atKey, atValue, type Finding, unusedKeys, type ViewDraft } from './finding.ts';

const DAY_MS = 86_400_000;
const EARLIEST = epochMsOf(Date.UTC(1900, 0, 1));
const LATEST = epochMsOf(Date.UTC(2200, 0, 1));
const LATEST_HAS_NO = ['interval', 'start', 'end', 'settle', 'lookback', 'catch_up', 'after'] as const;

export function timeFindings(draft: ViewDraft): Finding[] {
  const { kind } = draft.sound;
  if (kind === 'latest') {
    return [
      ...unusedKeys(draft, LATEST_HAS_NO, 'a view of kind latest has no intervals'),
      ...ageFindings(draft),
      ...completeFindings(draft),
    ];
  }
  const unitMs = unitOf(draft);
  return [
    ...(kind === undefined ? [] : requiredKeys(draft)),
    ...unitFindings(draft),
    ...instantFindings(draft, 'start', unitMs),
    ...instantFindings(draft, 'end', unitMs),
    ...orderFindings(draft),
    ...ageFindings(draft),
    ...completeFindings(draft),
  ];
}

/** The interval in milliseconds; null if it is missing or invalid. */
export function unitOf({ sound }: ViewDraft): number | null {
  const unitMs = sound.interval === undefined ? null : parseDuration(sound.interval);
  return unitMs === null || !isUnit(unitMs) ? null : unitMs;
}

function isUnit(unitMs: number): boolean {
  return unitMs > 0 && (DAY_MS % unitMs === 0 || unitMs % DAY_MS === 0);
}

function requiredKeys({ written }: ViewDraft): Finding[] {
  const expected = { interval: 'a duration such as 1h or 1d', start: 'a date such as 2026-09-01' };
  return (['interval', 'start'] as const)
    .filter((key) => !written.has(key))
    .map((key) => atKey([key], `\`${key}\` is missing; expected ${expected[key]}`));
}

function unitFindings(draft: ViewDraft): Finding[] {
  const { interval } = draft.sound;
  if (interval === undefined || unitOf(draft) !== null) return [];
  const expected = 'expected a duration that divides a day (5m, 1h, 6h) or whole days (1d, 7d)';
  return [atValue(['interval'], `\`interval\`: ${expected}, found '${interval}'`)];
}

function instantFindings({ sound }: ViewDraft, key: 'start' | 'end', unitMs: number | null): Finding[] {
  const text = sound[key];
  if (text === undefined) return [];
  const instant = parseInstant(text);
  if (instant === null) return [atValue([key], `\`${key}\`: '${text}' is not a valid date`)];
  if (instant < EARLIEST || instant > LATEST) {
    return [atValue([key], `\`${key}\`: expected a date from 1900 to 2200, found '${text}'`)];
  }
  if (unitMs === null || isOnGrid(instant, unitMs)) return [];
  const before = floorToUnit(instant, unitMs);
  const near = `${formatInstant(before)} and ${formatInstant(epochMsOf(before + unitMs))}`;
  return [
    atValue([key], `\`${key}\`: '${text}' is not the start of a ${sound.interval} interval; the nearest are ${near}`),
  ];
}

function orderFindings({ sound }: ViewDraft): Finding[] {
  const start = instantOf(sound.start);
  const end = instantOf(sound.end);
  if (start === null || end === null || start < end) return [];
  return [atValue(['end'], `\`end\`: expected a date after start (${sound.start}), found '${sound.end}'`)];
}

/** Limits of age, which views of all kinds can have. */
export function ageFindings(draft: ViewDraft): Finding[] {
  return [...ttlFindings(draft), ...freshnessFindings(draft, unitOf(draft))];
}

function ttlFindings({ sound }: ViewDraft): Finding[] {
  if (sound.ttl === undefined || parseDuration(sound.ttl) !== 0) return [];
  return [atValue(['ttl'], '`ttl`: expected more than zero; remove it if values never expire')];
}

/** Only a snapshot can hold all entities: events of an interval are those that happened in it. */
function completeFindings(draft: ViewDraft): Finding[] {
  const { kind, complete, from } = draft.sound;
  const wrongKind =
    complete === true && kind !== undefined && kind !== 'snapshot'
      ? [atValue(['complete'], `\`complete\`: only for a view of kind snapshot, found '${kind}'`)]
      : [];
  const isComplete = complete ?? from !== undefined;
  if (isComplete) return [...wrongKind, ...zeroFindings(draft)];
  return [...wrongKind, ...unusedKeys(draft, ['allow_empty', 'absent'], 'only for a view with `complete: true`')];
}

/** A row of zeros has a value or null for each feature. */
function zeroFindings({ sound: { absent, features, type, nullable } }: ViewDraft): Finding[] {
  if (absent !== 'zero') return [];
  const all =
    features === undefined
      ? type === undefined
        ? []
        : [{ what: 'the feature', type, isNull: nullable === true }]
      : features.map((feature) => ({
          what: `the feature '${feature.name}'`,
          type: feature.type,
          isNull: isNullable(feature),
        }));
  return all
    .filter((feature) => !hasZero(feature.type) && !feature.isNull)
    .map(({ what, type: found }) =>
      atValue(
        ['absent'],
        `\`absent\`: ${what} is ${found}, which has no zero; make it \`nullable\`, or use \`absent: remove\``,
      ),
    );
}

/** Just before a unit settles, the watermark is one unit plus `settle` behind. A smaller target would be missed in every cycle. */
function freshnessFindings({ sound }: ViewDraft, unitMs: number | null): Finding[] {
  const targetMs = sound.freshness === undefined ? null : parseDuration(sound.freshness);
  const settleMs = parseDuration(sound.settle ?? '0s');
  if (targetMs === 0 && unitMs === null) return [atValue(['freshness'], '`freshness`: expected more than zero')];
  if (targetMs === null || unitMs === null || settleMs === null || targetMs > unitMs + settleMs) return [];
  const least = `more than \`interval\` plus \`settle\` (${sound.interval} + ${sound.settle ?? '0s'})`;
  return [atValue(['freshness'], `\`freshness\`: expected ${least}, found '${sound.freshness}'`)];
}

function instantOf(text: string | undefined): EpochMs | null {
  return text === undefined ? null : parseInstant(text);
}
