import { describe, expect, test } from 'vitest';
import { factsText } from '../../src/presentation/audit.ts';

describe('factsText', () => {
  test.each([
    [{ to: null, from: '2026-11-01T00:00:00.000Z', view: 'orders' }, 'view orders; from 2026-11-01T00:00Z'],
    [{ reason: 'moving', views: ['orders', 'spend'] }, 'views orders, spend; reason moving'],
    [{ runs: [17, 18], allowRemovals: true, acceptChecks: false }, 'runs 17, 18; allowRemovals'],
    [{ units: 0, chunks: 0, backfill: 7 }, 'backfill 7; units 0; chunks 0'],
  ])('shows the subject first, and leaves out what was not given: %j', (facts, shown) => {
    expect(factsText(facts)).toBe(shown);
  });

  test.each([
    [{ views: [{ due: 1, held: 0, view: 'orders', changed: true }] }, 'views orders (due 1)'],
    [{ views: [{ view: 'orders', changed: true, superseded: [4, 5] }] }, 'views orders (superseded 4, 5)'],
    [{ changes: [{ name: 'spend', change: 'edited' }] }, 'changes spend (edited)'],
    [{ settled: [{ name: 'spend', units: 2, meaning: 'restate' }] }, 'settled spend (units 2, restate)'],
  ])('shows the name of an element before its facts: %j', (facts, shown) => {
    expect(factsText(facts)).toBe(shown);
  });
});
