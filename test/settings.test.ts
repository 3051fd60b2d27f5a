import { describe, expect, test } from 'vitest';
import { settingsOf } from '../src/settings.ts';

describe('settingsOf', () => {
  test('changes only the given settings', () => {
    const usual = settingsOf();
    const changed = settingsOf({
      leaseMs: 5,
      queue: { reconcileMs: 7 },
      retries: { publishMs: 9 },
      alerts: { lookMs: 11 },
    });
    expect(changed).toEqual({
      ...usual,
      leaseMs: 5,
      queue: { ...usual.queue, reconcileMs: 7 },
      retries: { ...usual.retries, publishMs: 9 },
      alerts: { ...usual.alerts, lookMs: 11 },
    });
  });

  test.each([
    [{ leaseMs: Number.NaN }, 'setting leaseMs is NaN'],
    [{ queue: { lockMs: -1 } }, 'setting queue.lockMs is -1'],
    [{ queue: { termMs: 100, electMs: 100 } }, 'setting queue.electMs (100) must be less than queue.termMs (100)'],
  ])('refuses %j', (changes, message) => {
    expect(() => settingsOf(changes)).toThrow(message);
  });
});
