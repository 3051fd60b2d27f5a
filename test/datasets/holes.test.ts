import { describe, expect, test } from 'vitest';
import { interval } from '../../src/core/interval.ts';
import { knowableUnits } from '../../src/datasets/holes.ts';
import { at, view } from '../support/views.ts';

const DAY = 86_400_000;
const SPAN = interval(at('2026-09-08'), at('2026-09-10'));

function firstUnit(of: Parameters<typeof view>[0], ageMaxMs: number | null = null): string | null {
  const known = { view: view({ start: at('2026-01-01'), end: null, ...of }), delayMs: 0, ageMaxMs };
  const units = knowableUnits(known, SPAN);
  return units === null ? null : new Date(units.start).toISOString().slice(0, 10);
}

describe('knowableUnits', () => {
  test('include the unit of a snapshot that ends at the limit of age_max, because its row still counts', () => {
    expect(firstUnit({ kind: 'snapshot' }, 7 * DAY)).toBe('2026-08-31');
  });

  test('begin at the limit for events, which lie before the end of their unit, and for ttl, at which rows end', () => {
    expect(firstUnit({ kind: 'events' }, 7 * DAY)).toBe('2026-09-01');
    expect(firstUnit({ kind: 'snapshot', ttlMs: 7 * DAY })).toBe('2026-09-01');
    expect(firstUnit({ kind: 'snapshot', ttlMs: 7 * DAY }, 7 * DAY)).toBe('2026-09-01');
  });

  test('begin with the view if nothing limits them, and do not exist without intervals', () => {
    expect(firstUnit({ kind: 'snapshot' })).toBe('2026-01-01');
    expect(firstUnit({ kind: 'latest' })).toBe(null);
  });
});
