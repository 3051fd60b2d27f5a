// More readings than connections.

import { describe, expect, onTestFinished, test } from 'vitest';
import { openSource } from '../../../src/sources/index.ts';
import { openReading } from '../../../src/sources/source.ts';
import { freshDatabase } from '../../support/servers.ts';
import { asking, calm } from '../reading.ts';
import { sourceOptions } from '../worlds.ts';

const CONNECT_MS = 2_000;
const ONE = asking(`select 'a' as entity_id, timestamptz '2026-01-01' as timestamp, 1 as value`);

async function source() {
  const options = { url: await freshDatabase(), poolMax: 1, connectTimeoutMs: CONNECT_MS };
  const opened = openSource(sourceOptions(options));
  onTestFinished(() => opened[Symbol.asyncDispose]());
  return opened;
}

async function counted(rows: AsyncIterable<{ readonly rows: number }>): Promise<number> {
  let count = 0;
  for await (const batch of rows) count += batch.rows;
  return count;
}

describe('a Postgres source', () => {
  test('makes a reading wait for another one longer than a connection may take to open', async () => {
    const it = await source();
    const slow = asking(
      `select 'a' as entity_id, timestamptz '2026-01-01' as timestamp, 1 as value from pg_sleep(${(2 * CONNECT_MS) / 1_000})`,
    );
    const first = counted(it.read(slow, calm));
    expect(await Promise.all([first, counted(it.read(ONE, calm)), counted(it.read(ONE, calm))])).toEqual([1, 1, 1]);
  });

  test('lets the next reading begin after the last row, while this one is kept open', async () => {
    const it = await source();
    await using kept = await openReading(it, ONE, calm);
    expect(await counted(kept.rows())).toBe(1);
    expect(await counted(it.read(ONE, calm))).toBe(1);
  });

  test('lets the next reading begin where one is given up or fails', async () => {
    const it = await source();
    {
      await using _unread = await openReading(it, ONE, calm);
    }
    await expect(it.describe(asking('select 1 from nothing'), calm)).rejects.toMatchObject({ code: 'SOURCE_QUERY' });
    const stop = new AbortController();
    await using _kept = await openReading(it, ONE, calm);
    const waiting = it.describe(ONE, stop.signal);
    stop.abort(new Error('stopped'));
    await expect(waiting).rejects.toThrow('stopped');
  });
});
