// Pushes that cannot be stored now, and the clock that judges their times.

import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { epochMsOf } from '../../src/core/instant.ts';
import { until } from '../support/until.ts';
import { pushed, T } from './pushed-views.ts';
import { openApiWorld } from './world.ts';

describe('a view that cannot take rows now', () => {
  test('is answered with 503 and when to try again', async () => {
    await using other = await openApiWorld({ limits: { inboxRows: 1 } });
    await other.apply(pushed({ name: 'amount' }));
    const send = () =>
      other.ask('/api/v1/views/amount/rows', {
        token: 'pusher',
        body: { rows: [{ entity_id: 'a', timestamp: T, value: 1 }] },
      });
    expect((await send()).status).toBe(200);
    await until(async () => (await send()).status === 503);
    const full = await send();
    expect([full.body.code, full.headers.get('retry-after')]).toEqual(['INBOX_FULL', '5']);
    await other.ask('/api/v1/views/amount/pause', { token: 'operator', body: {} });
    const paused = await send();
    expect([paused.status, paused.body.code, paused.headers.get('retry-after')]).toEqual([503, 'VIEW_PAUSED', '60']);
  });
});

describe('an inbox of pushes of one row', () => {
  test('is full with as many pushes as it may hold rows', async () => {
    await using other = await openApiWorld({ limits: { inboxRows: 250_000 } });
    await other.apply(pushed({ name: 'amount' }));
    await other.sql(
      `insert into millrace.inbox (view_id, columns, rows, data)
       select id, array['entity_id', 'timestamp', 'amount'], 1, '[["a","${T}","1"]]'
         from millrace.view, generate_series(1, 250000)`,
    );
    const { status, body } = await other.ask('/api/v1/views/amount/rows', {
      token: 'pusher',
      body: { rows: [{ entity_id: 'a', timestamp: T, value: 1 }] },
    });
    expect([status, body.code]).toEqual([503, 'INBOX_FULL']);
  });
});

describe('the clock of the API machine', () => {
  test.each([-600_000, 600_000])('does not decide which rows are in the future (%i ms off)', async (off) => {
    const clock = { ...systemClock, now: () => epochMsOf(Date.now() + off) };
    await using other = await openApiWorld({ api: { clock } });
    await other.apply(pushed({ name: 'amount' }));
    const push = (timestamp: number) =>
      other.ask('/api/v1/features/amount/values', {
        token: 'pusher',
        body: { entity_id: 'a', timestamp: new Date(timestamp).toISOString(), value: 1 },
      });
    expect((await push(Date.now())).status).toBe(200);
    expect((await push(Date.now() + 540_000)).status).toBe(400);
  });
});
