import { describe, expect, test } from 'vitest';
import { clickhouseDo, freshClickhouse } from '../../support/clickhouse/clickhouse.ts';
import { documentedView, stagedRows } from './documented.ts';

describe('definitions over ClickHouse', () => {
  test('compute windows over events', async () => {
    const url = await freshClickhouse();
    const events = [
      ...Array.from({ length: 11 }, () => ['ann', '2026-09-09 23:30:00', 'transaction', 'phone', '0.10']),
      ['ann', '2026-09-09 12:00:00', 'login', 'laptop', '0'],
      ['ann', '2026-09-08 12:00:00', 'login', 'tablet', '0'],
      ['bob', '2026-09-04 00:00:00', 'transaction', 'phone', '19.99'],
      ['bob', '2026-09-10 00:00:00', 'login', 'phone', '0'],
    ];
    await clickhouseDo(
      url,
      "create table user_events (user_id String, timestamp DateTime('UTC'), event_type LowCardinality(String), device_id String, amount Decimal(18, 2)) engine = MergeTree order by (user_id, timestamp)",
      `insert into user_events values ${events.map((row) => `(${row.map((text) => `'${text}'`).join(', ')})`).join(', ')}`,
    );

    expect(await stagedRows(documentedView('corint', 'user_activity'), { url })).toEqual({
      rows: [
        ['ann', '1', '1.1', '1.1', '3', 'true'],
        ['bob', '0', '19.99', '0', '1', 'false'],
      ],
      refused: 0,
    });
  });

  test('combine names and values in rows', async () => {
    const url = await freshClickhouse();
    await clickhouseDo(
      url,
      "create table user_features (user_id String, event_date Date, event_time DateTime('UTC'), feature_name String, feature_value String) engine = MergeTree order by (user_id, event_time)",
      `insert into user_features select c1, toDate(c2), c2, c3, c4 from values('c1 String, c2 DateTime, c3 String, c4 String',
        ('ann', '2026-09-01 08:00:00', 'city', 'Gdynia'), ('ann', '2026-09-02 08:00:00', 'city', 'Łódź'),
        ('ann', '2026-09-02 08:00:00', 'clicks', '2'), ('ann', '2026-09-03 08:00:00', 'clicks', '3'),
        ('bob', '2026-09-03 08:00:00', 'clicks', 'many'), ('bob', '2026-07-01 08:00:00', 'city', 'Hel'))`,
    );

    expect(await stagedRows(documentedView('pairec', 'user_traits'), { url })).toEqual({
      rows: [
        ['ann', 'Łódź', '5'],
        ['bob', '\\N', '\\N'],
      ],
      refused: 0,
    });
  });
});
