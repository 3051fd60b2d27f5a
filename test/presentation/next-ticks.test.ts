import { expect, test } from 'vitest';
import { isUnscheduled } from '../../src/presentation/alive.ts';
import { nextTicks } from '../../src/presentation/next-ticks.ts';
import { job } from '../queue/world.ts';
import { at, view } from '../support/views.ts';

test('nextTicks · has those of an incremental view for its parts', () => {
  const parts = view({ name: 'spend.parts', partsOf: 'spend', end: null });
  const nightly = job({ name: 'nightly', cron: '15 3 * * *', timezone: 'UTC', views: ['spend'] });
  const ticks = nextTicks([nightly], at('2026-01-05'))(parts);
  expect(ticks).toEqual([{ job: 'nightly', at: at('2026-01-05T03:15Z'), zone: 'UTC' }]);
  expect(isUnscheduled({ view: parts, retired: false, watermark: null, openRuns: 0, ticks })).toBe(false);
});
