// Pushes that are sent again with their idempotency key.

import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { feature } from '../support/views.ts';
import { pushed, T } from './pushed-views.ts';
import { type ApiWorld, openApiWorld } from './world.ts';

describe('a repeated push with its idempotency key', () => {
  const VALUE = { entity_id: 'a', timestamp: T, value: 'a' };
  const PUSHES = [
    ['/views/label/rows', { rows: [VALUE] }],
    ['/features/label/values', VALUE],
    ['/features/batch', [{ feature_id: 'label', ...VALUE }]],
  ] as const;
  const label = (type: 'string' | 'bool') =>
    pushed({ name: 'label', features: [feature('label', type, { column: 'value' })] });

  test.each([
    ['paused', (other: ApiWorld) => other.ask('/api/v1/views/label/pause', { token: 'operator', body: {} })],
    ['edited', (other: ApiWorld) => other.apply(label('bool'))],
    ['retired', (other: ApiWorld) => other.sql('update millrace.view set retired_at = now()')],
  ] as const)('gets the first response although the view is %s', async (_, change) => {
    const time = { aheadMs: 0 };
    const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + time.aheadMs };
    await using other = await openApiWorld({ api: { clock } });
    await other.apply(label('string'));
    const push = async () => {
      const answers: string[] = [];
      for (const [path, body] of PUSHES) {
        const headers = { 'idempotency-key': path };
        answers.push((await other.ask(`/api/v1${path}`, { token: 'pusher', body, headers })).text);
      }
      return answers;
    };
    const first = await push();
    expect(first).toEqual(first.map(() => '{"accepted":1,"refused":0,"refusals":[],"status":"stored"}'));
    await change(other);
    // The process reads the views again.
    time.aheadMs += 3_600_000;
    expect(await push()).toEqual(first);
    expect(await other.sql('select count(*)::int as entries from millrace.inbox')).toEqual([{ entries: 3 }]);
  });
});
