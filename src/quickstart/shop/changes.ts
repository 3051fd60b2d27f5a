// Changes in the shop after its data has been read: a correction, a cancellation, and late orders.

import { type EpochMs, formatInstant } from '../../core/instant.ts';
import type { Database } from '../../postgres/database.ts';

/** The customer of each change; all changes are on the shop's last day. */
export type ShopChanges = {
  /** The amount of their newest order grew by 1. */
  readonly corrected: number;
  /** Their newest order was deleted; they have older ones. */
  readonly cancelled: number;
  /** They got an order in the last minute of the day, recorded only now. */
  readonly late: number;
  /** They got an order in the first second of the day, older than their newest one. */
  readonly lateAndOlder: number;
};

/** Changes four orders of the day that ends at `endMidnight`. */
export async function changeOrders(shop: Database, endMidnight: EpochMs): Promise<ShopChanges> {
  const end = formatInstant(endMidnight);
  const [corrected, cancelled, lateAndOlder] = await newestOrders(shop, end);
  const late = await customerWithoutOrder(shop, end);
  await shop.transaction(async (session) => {
    await session.run('update orders set amount = amount + 1, corrected_at = now() where id = $1', [corrected.orderId]);
    await session.run('delete from orders where id = $1', [cancelled.orderId]);
    const insert = `insert into orders (id, customer_id, ordered_at, amount, lines, recorded_at)
                    select max(id) + 1, $1, $2::timestamptz - $3::interval, 42.00, 1, now() from orders`;
    await session.run(insert, [late, end, '1 minute']);
    await session.run(insert, [lateAndOlder.customerId, end, '1 day']);
  });
  return {
    corrected: corrected.customerId,
    cancelled: cancelled.customerId,
    late,
    lateAndOlder: lateAndOlder.customerId,
  };
}

/** Inserts `count` reviews of the last day without a rating, more than any check allows. Returns a function that deletes them. */
export async function sendBrokenReviews(
  shop: Database,
  endMidnight: EpochMs,
  count: number,
): Promise<() => Promise<void>> {
  const receivedAt = formatInstant(endMidnight);
  await shop.run(
    `insert into reviews (product_id, written_at, received_at, stars)
     select 'P-001', $1::timestamptz - interval '1 hour', $1::timestamptz - interval '1 hour', 'NaN'
       from generate_series(1, $2::int)`,
    [receivedAt, count],
  );
  return async () => {
    await shop.run(`delete from reviews where stars = 'NaN' and received_at = $1::timestamptz - interval '1 hour'`, [
      receivedAt,
    ]);
  };
}

type Newest = { readonly customerId: number; readonly orderId: number };

/** The newest orders on the last day of three customers with earlier orders and without duplicates. */
async function newestOrders(shop: Database, end: string): Promise<[Newest, Newest, Newest]> {
  const found = await shop.query<Newest>(
    `select customer_id as "customerId", max(id) as "orderId" from orders
      group by customer_id
     having max(ordered_at) >= $1::timestamptz - interval '20 hours' and min(ordered_at) < $1::timestamptz - interval '1 day'
        and count(*) = count(distinct ordered_at)
      order by max(ordered_at) desc, customer_id limit 3`,
    [end],
  );
  const [first, second, third] = found;
  if (first === undefined || second === undefined || third === undefined) {
    throw new RangeError('three customers with orders on the last day');
  }
  return [first, second, third];
}

async function customerWithoutOrder(shop: Database, end: string): Promise<number> {
  const [found] = await shop.query<{ id: number }>(
    `select customer_id as id from orders group by customer_id
     having max(ordered_at) < $1::timestamptz - interval '2 days' order by customer_id limit 1`,
    [end],
  );
  if (found === undefined) throw new RangeError('a customer without an order on the last days');
  return found.id;
}
