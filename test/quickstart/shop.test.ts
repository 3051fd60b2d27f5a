import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { epochMsOf } from '../../src/core/instant.ts';
import { checkDefinitions } from '../../src/definition/load.ts';
import { shopOf } from '../../src/quickstart/shop/data.ts';
import { openShop, seedShop } from '../../src/quickstart/shop/shop.ts';
import { freshDatabase } from '../support/servers.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const midnight = epochMsOf(Date.UTC(2026, 8, 30));
const folder = mkdtempSync(join(tmpdir(), 'millrace-shop-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('shopOf', () => {
  const shop = shopOf(midnight, 60);

  test('is the same shop for the same days', () => {
    expect(shopOf(midnight, 60)).toEqual(shop);
  });

  test('lies within its days', () => {
    const times = shop.orders.map((order) => order.orderedAt);

    expect(Math.min(...times)).toBeGreaterThanOrEqual(midnight - 60 * DAY_MS);
    expect(Math.max(...times)).toBeLessThan(midnight);
  });

  test('is small enough to load in seconds', () => {
    expect(shop.customers).toHaveLength(300);
    expect(shop.orders.length).toBeGreaterThan(5_000);
    expect(shop.orders.length).toBeLessThan(10_000);
  });

  test('has late, duplicate and corrected orders', () => {
    const moments = new Set(shop.orders.map(({ customerId, orderedAt }) => `${customerId} ${orderedAt}`));

    expect(shop.orders.filter((order) => order.recordedAt - order.orderedAt > MINUTE_MS).length).toBeGreaterThan(100);
    expect(shop.orders.length - moments.size).toBeGreaterThan(20);
    expect(shop.orders.filter((order) => order.correctedAt !== null).length).toBeGreaterThan(50);
  });

  test('has bad rows of each kind, and days without a file', () => {
    const bad = {
      noProduct: shop.reviews.filter(({ productId }) => productId === null).length,
      emptyProduct: shop.reviews.filter(({ productId }) => productId === '').length,
      longProduct: shop.reviews.filter(({ productId }) => (productId ?? '').length > 512).length,
      notANumber: shop.reviews.filter(({ stars }) => Number.isNaN(stars)).length,
      future: shop.reviews.filter(({ writtenAt }) => writtenAt > midnight).length,
      brokenSales: shop.sales.flatMap(({ rows }) => rows).filter(({ quantity }) => quantity === 'n/a').length > 0,
      daysWithout: { sales: 60 - shop.sales.length, visits: 60 - shop.visits.length },
    };

    expect(bad).toEqual({
      ...{ noProduct: 6, emptyProduct: 3, longProduct: 2, notANumber: 5, future: 4, brokenSales: true },
      daysWithout: { sales: 3, visits: 2 },
    });
  });
});

describe('seedShop', () => {
  test('fills a database and a lake', async () => {
    const databaseUrl = await freshDatabase();
    const shop = await seedShop({ databaseUrl, lakeFolder: folder, endMidnight: midnight, days: 3 });
    await using database = openShop(databaseUrl);

    const [stored] = await database.query(
      `select (select count(*) from orders) as orders, (select sum(amount) from orders) as amount,
              (select count(*) from order_lines) as lines, (select count(*) from reviews) as reviews`,
    );

    const cents = shop.orders.reduce((sum, order) => sum + order.amountCents, 0);
    expect(stored).toEqual({
      orders: shop.orders.length,
      amount: (cents / 100).toFixed(2),
      lines: shop.orders.reduce((sum, order) => sum + order.lines.length, 0),
      reviews: shop.reviews.length,
    });
    expect(readdirSync(join(folder, 'sales'))).toEqual(['2026-09-27.csv', '2026-09-28.csv', '2026-09-29.csv']);
    expect(readFileSync(join(folder, 'sales', '2026-09-29.csv'), 'utf8').split('\n')).toHaveLength(
      (shop.sales.at(-1)?.rows.length ?? 0) + 2,
    );
    expect(
      readFileSync(join(folder, 'visits', 'dt=2026-09-29', 'part-0.parquet'))
        .subarray(0, 4)
        .toString(),
    ).toBe('PAR1');
  });
});

describe('the sample project', () => {
  test('is valid', async () => {
    const root = fileURLToPath(new URL('../..', import.meta.url));

    const { problems } = await checkDefinitions(root, midnight);

    expect(problems).toEqual([]);
  });
});
