import { describe, expect, test } from 'vitest';
import { nextTick } from '../../src/queue/leader/next-tick.ts';
import { at } from '../support/views.ts';

describe('nextTick', () => {
  test('ticks once in a repeated hour', () => {
    const daily = { pattern: '30 1 * * *', tz: 'America/New_York' };
    expect(nextTick(at('2026-11-01T05:00Z'), daily)).toBe(at('2026-11-01T05:30Z'));
    expect(nextTick(at('2026-11-01T06:00Z'), daily)).toBe(at('2026-11-02T06:30Z'));
  });

  test('returns none instead of failing, which would stop the current tick', () => {
    expect(nextTick(at('2026-01-01'), { pattern: '0 0 30 2 *', tz: 'UTC' })).toBeUndefined();
  });
});
