import { describe, expect, test } from 'vitest';
import { epochMsOf } from '../../../src/core/instant.ts';
import { interval } from '../../../src/core/interval.ts';
import { barText } from '../../../src/presentation/backfills/backfill-progress.ts';
import type { BackfillOverview } from '../../../src/state/backfills/overview.ts';

const NONE = { waiting: 0, running: 0, done: 0, failed: 0, cancelled: 0, skipped: 0 };
const [start, end] = [epochMsOf(0), epochMsOf(86_400_000)];

const HALF_WAY: BackfillOverview = {
  id: 7,
  view: 'customer_orders',
  range: interval(start, end),
  mode: 'missing',
  state: 'running',
  rest: null,
  order: 'oldest',
  parallel: 2,
  askedBy: 'ada@laptop',
  askedAt: start,
  closedAt: null,
  skipped: [],
  chunks: { ...NONE, total: 28, done: 17, skipped: 1, failed: 1, running: 2, waiting: 7 },
  units: { ...NONE, total: 336, done: 204, skipped: 12, failed: 12, running: 24, waiting: 84 },
  keptUnits: 0,
  rows: 1_234_567,
  startedAt: start,
};

describe('barText', () => {
  test('shows how much is done, the results, and the remaining time', () => {
    expect(barText({ now: HALF_WAY, chunks: 9, rows: 600_000, elapsedMs: 120_000 }, 120)).toBe(
      'customer_orders  ████████████████░░░░░░░░  19/28  67%  eta 2m  ok 17  failed 1  running 2  1.2M rows  300K/min',
    );
  });

  test('estimates nothing before a chunk has ended', () => {
    expect(barText({ now: HALF_WAY, chunks: 0, rows: 0, elapsedMs: 120_000 }, 80)).toBe(
      'customer_orders  ████████░░░░  19/28  67%  ok 17  failed 1  running 2  1.2M rows',
    );
  });

  test('shows that it is paused, and what it waits for', () => {
    const pause = { kind: 'person', actor: 'ada', reason: 'the shop moves', at: start } as const;
    const waits = { ...HALF_WAY, rest: { kind: 'view_paused', pause } } as const;
    expect(barText({ now: waits, chunks: 0, rows: 0, elapsedMs: 0 }, 80)).toMatch(
      / {2}waiting: its view is paused: the shop moves$/,
    );
    expect(barText({ now: { ...HALF_WAY, state: 'paused' }, chunks: 9, rows: 0, elapsedMs: 9_000 }, 80)).toMatch(
      / {2}67% {2}paused {2}ok 17 {2}/,
    );
  });
});
