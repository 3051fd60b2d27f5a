// Readings from a server that is killed or frozen, over a network that cuts, stalls or slows them.

import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { clickhouseSource } from '../../../src/sources/clickhouse/clickhouse.ts';
import type { Source } from '../../../src/sources/source.ts';
import { type ClickhouseServer, startClickhouse } from '../../support/clickhouse/server.ts';
import { type Forwarder, startForwarder } from '../../support/forwarder.ts';
import { hurriedClock, STATEMENT_TIMEOUT_MS } from '../hurried-clock.ts';
import { asking, calm } from '../reading.ts';
import { allRows, failureOf } from '../source-contract.ts';
import { sourceOptions } from '../worlds.ts';

const ROWS = 200_000;
const WIDE = asking(`select number, repeat('x', 300) from numbers(${ROWS}) settings max_block_size = 1000`);

function open(url: string): Source {
  const limits = { statementTimeoutMs: STATEMENT_TIMEOUT_MS, connectTimeoutMs: 5_000, batchRows: 1_000 };
  return clickhouseSource.open(sourceOptions({ url, clock: hurriedClock, ...limits }));
}

async function server(): Promise<ClickhouseServer> {
  const started = await startClickhouse();
  onTestFinished(() => started[Symbol.asyncDispose]());
  return started;
}

/** The failure of a reading that is struck at its third batch, and how long it took to notice. */
async function struck(source: Source, strike: () => unknown) {
  let batches = 0;
  let since = 0;
  const failure = await failureOf(
    (async () => {
      for await (const _ of source.read(WIDE, calm)) {
        batches += 1;
        if (batches !== 3) continue;
        since = systemClock.monotonicMs();
        await strike();
      }
    })(),
  );
  expect([failure.code, failure.message]).toEqual([
    'SOURCE_UNAVAILABLE',
    expect.stringMatching(/source shop \(clickhouse:\/\/127\.0\.0\.1:\d+\/\) (is not responding|stopped responding)/),
  ]);
  expect(systemClock.monotonicMs() - since).toBeLessThan(20_000);
}

const NETWORK: readonly (readonly [name: string, strike: (network: Forwarder) => unknown])[] = [
  ['cut off', (network) => network.cut()],
  ['frozen', (network) => network.freeze('existing')],
  ['half open', (network) => network.halfOpen()],
  ['half closed', (network) => network.halfClose()],
];

describe('clickhouseSource with faults during a reading', () => {
  test.each(NETWORK)(
    'says SOURCE_UNAVAILABLE in time if its connection is %s, and reads every row later',
    async (_, strike) => {
      const clickhouse = await server();
      const network = await startForwarder(clickhouse.url);
      await using source = open(network.url);
      await struck(source, () => strike(network));
      network.heal();

      const rows = await allRows(source, WIDE, calm);
      expect([rows.length, new Set(rows.map(([id]) => id)).size]).toEqual([ROWS, ROWS]);
    },
  );

  test('says SOURCE_UNAVAILABLE in time if the server freezes, and if it is killed', async () => {
    const clickhouse = await server();
    await using source = open(clickhouse.url);
    await struck(source, () => clickhouse.pause());
    // The limit of the probe, or of a new connection.
    expect((await failureOf(source.probe(calm))).message).toMatch(/no response within [25]000 ms/);
    clickhouse.resume();

    await struck(source, () => clickhouse.kill());
    expect((await failureOf(source.probe(calm))).code).toBe('SOURCE_UNAVAILABLE');
  });

  test('reads every row over a slow network', async () => {
    const clickhouse = await server();
    const network = await startForwarder(clickhouse.url);
    await using source = open(network.url);
    network.delay(50);

    expect(await allRows(source, WIDE, calm)).toHaveLength(ROWS);
  });
});
