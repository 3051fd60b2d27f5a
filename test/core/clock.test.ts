import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';

const DAY_MS = 86_400_000;

// Longer than a timer of Node can be: it would end after one millisecond, and so does the fake one.
describe('systemClock', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('calls after 60 days, and not before', () => {
    const work = vi.fn();
    using _timer = systemClock.after(60 * DAY_MS, work);
    vi.advanceTimersByTime(60 * DAY_MS - 1);
    expect(work).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(work).toHaveBeenCalledTimes(1);
  });

  test('does not call what was disposed after one step', () => {
    const work = vi.fn();
    const timer = systemClock.after(60 * DAY_MS, work);
    vi.advanceTimersByTime(30 * DAY_MS);
    timer[Symbol.dispose]();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('sleeps for 60 days, or until the signal is aborted', async () => {
    const work = vi.fn();
    const stop = new AbortController();
    const sleeping = systemClock.sleep(60 * DAY_MS, stop.signal).then(work);
    await vi.advanceTimersByTimeAsync(59 * DAY_MS);
    expect(work).not.toHaveBeenCalled();
    stop.abort();
    await sleeping;
    expect(vi.getTimerCount()).toBe(0);
  });
});
