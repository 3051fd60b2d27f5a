import { expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { epochMicrosOf, openReader, type ReaderOptions } from '../../src/index.ts';
import { entityKey } from '../../src/online/layout.ts';
import { openRedis } from '../../src/redis/connection.ts';
import { at } from '../support/views.ts';
import { openCommandWorld } from './world.ts';

test('openReader · reads what run has stored, online and as of a time', async () => {
  const world = await openCommandWorld();
  await world.millrace('run spend --here');
  const { MILLRACE_OFFLINE_URL: offlineUrl = '', MILLRACE_ONLINE_URL: onlineUrl = '' } = world.env;
  await using reader = openReader({ offlineUrl, onlineUrl });
  const eventTime = epochMicrosOf(at('2026-01-03') * 1_000);
  expect(await reader.readOnline(['spend'], ['ada', 'zoe'])).toEqual(
    new Map([
      ['ada', { spend: { eventTime, values: { spend: 1.5 } } }],
      ['zoe', { spend: null }],
    ]),
  );
  await using redis = openRedis({ url: onlineUrl, clock: systemClock, deadlineMs: 30_000, connectionName: 'test' });
  await redis.send([['COPY', entityKey('mr', 'spend', 'ada'), entityKey('mr', 'spend', '\ufffd')]]);
  const surrogates = await reader.readOnline(['spend'], ['\ufffd', '\ud800', 'a\0']);
  expect([...surrogates.values()]).toEqual([{ spend: expect.anything() }, { spend: null }, { spend: null }]);
  const moments = ['2026-01-02', '2026-01-01'].map((day) => ({
    entityId: 'ada',
    at: epochMicrosOf(at(day) * 1_000),
  }));
  expect(await reader.readAsOf('spend', moments)).toEqual([
    { eventTime: moments[0]?.at, values: { spend: 1.5 } },
    null,
  ]);
  await expect(reader.readOnline(['spent'], ['ada'])).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('openReader · refuses a URL with a truncated password, without showing it', () => {
  const [offlineUrl, onlineUrl] = ['postgres://u:p@db/shop', 'redis://u:p@db/0'];
  for (const options of [
    { offlineUrl: 'postgres://u:12#34@db/shop', onlineUrl },
    { offlineUrl, onlineUrl: 'redis://u:12#34@db/0' },
  ]) {
    let thrown: unknown;
    try {
      openReader(options);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'ARGUMENT_INVALID', message: expect.not.stringMatching(/12|34/) });
    expect(String(thrown)).toContain('write # as %23');
  }
});

test.each([
  [
    { prefix: 'shop' },
    'The argument of openReader has the unknown option "prefix"; expected offlineUrl, onlineUrl, onlinePrefix or deadlineMs.',
  ],
  [{ offlineUrl: undefined }, 'offlineUrl is undefined; expected a string.'],
  [{ deadlineMs: '5000' }, 'deadlineMs is a string; expected a positive number of milliseconds.'],
])('openReader · refuses %j', (wrong, message) => {
  const options: object = { offlineUrl: 'postgres://db/shop', onlineUrl: 'redis://db/0', ...wrong };
  // As a program in JavaScript calls it.
  expect(() => openReader(options as ReaderOptions)).toThrow(message);
});
