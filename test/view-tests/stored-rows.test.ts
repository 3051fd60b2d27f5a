import { describe, expect, test } from 'vitest';
import { storedRows } from '../../src/view-tests/stored-rows.ts';

describe('storedRows', () => {
  test('keeps one row of an entity and time, even if the time is written with another offset', () => {
    const row = (timestamp: string, amount: string) => ({ entity_id: 'a', timestamp, amount });
    const given = [
      row('2026-01-01T10:00Z', '1'),
      row('2026-01-01T12:00:00.0+02:00', '2'),
      row('2026-01-01T12:00Z', '3'),
    ];
    expect(storedRows(given, ['amount'])).toEqual([given[1], given[2]]);
  });
});
