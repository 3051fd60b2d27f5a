// The promises about rows, each demonstrated on the shop: change something, then show the result. A broken promise ends the
// quickstart with an error.

import { epochMsOf } from '../core/instant.ts';
import { offlineTable } from '../offline/table.ts';
import { viewOverviews } from '../state/queries/view-overview.ts';
import { grouped, type Page } from './page.ts';
import { changeOrders } from './shop/changes.ts';
import { onlineFields } from './tables.ts';
import { everythingMaterialized, expect, readAgain, sumOf, tickAll } from './work.ts';
import type { World } from './world.ts';

const DAY_MS = 86_400_000;

/** Compares the offline store with the shop: each moment of each customer once, and the same total. */
export async function showNothingLost(page: Page, { app, shopDatabase }: World): Promise<void> {
  const [shop] = await shopDatabase.query<{ orders: number; moments: number; money: string }>(
    `select (select count(*) from orders) as orders, count(*) as moments, sum(amount)::text as money
       from (select distinct on (customer_id, ordered_at) amount from orders order by customer_id, ordered_at, id desc) o`,
  );
  const [stored] = await app.database.query<{ moments: number; money: string }>(
    `select count(*) as moments, sum(order_amount::numeric)::text as money from ${offlineTable({ name: 'customer_orders' })}`,
  );
  const isSame = shop?.moments === stored?.moments && Number(shop?.money) === Number(stored?.money);
  expect(isSame, 'customer_orders does not match the orders of the shop');
  const duplicates = (shop?.orders ?? 0) - (shop?.moments ?? 0);
  page.kept(
    'No row is lost and none is invented.',
    `${grouped(shop?.orders ?? 0)} orders in the shop = ${grouped(shop?.moments ?? 0)} stored rows + ${duplicates} duplicates in the same second;`,
    `the total amount is the same on both sides: ${grouped(Number(shop?.money))}.`,
  );
}

/** Compares rows with watermarks, view by view. */
export async function showWatermarks(page: Page, world: World): Promise<void> {
  const { app, project } = world;
  const views = project.views.filter(({ kind }) => kind !== 'latest');
  for (const view of views) {
    const [overview] = await viewOverviews(app.database, [view.name]);
    const [row] = await app.database.query<{ behind: boolean }>(
      `select max(event_timestamp) <= to_timestamp($1::numeric / 1000) as behind from ${offlineTable(view)}`,
      [overview?.watermark],
    );
    expect(row?.behind === true, `${view.name} has rows after its watermark`);
  }
  page.kept(
    'The watermark never runs ahead of the data.',
    `In ${views.length} of ${views.length} views it is computed from recorded coverage, and no stored row is newer than the watermark.`,
  );
}

/** Ticks with nothing new, and reads a week again. */
export async function showRepeating(page: Page, world: World): Promise<void> {
  const latest = world.project.views.filter(({ kind }) => kind === 'latest').length;
  // A view of kind latest is due at each tick, unless the scheduler's own tick has just planned its run.
  const planned = Math.max(0, (await tickAll(world)) - latest);
  await everythingMaterialized(world);
  const week = { from: epochMsOf(world.endMidnight - 8 * DAY_MS), to: epochMsOf(world.endMidnight - DAY_MS) };
  const runs = await readAgain(world, 'customer_orders', week);
  const counts = sumOf(runs);
  expect(counts.inserted + counts.changed + counts.removed === 0, 'reading the same week again has changed rows');
  const why = planned === 0 ? 'because nothing was due' : 'only for newly due intervals';
  page.kept(
    'Running again changes nothing.',
    `Every job ticked again: ${planned} runs planned, ${why}.`,
    `A week of orders read again: ${grouped(counts.read)} rows, ${grouped(counts.unchanged)} unchanged, ${counts.duplicates} duplicates; 0 inserted, changed or removed.`,
  );
}

/** Makes four changes in the shop, and reads the last day again. */
export async function showChanges(page: Page, world: World): Promise<void> {
  const { corrected, cancelled, late, lateAndOlder } = await changeOrders(world.shopDatabase, world.endMidnight);
  const customers = [corrected, cancelled, late, lateAndOlder];
  const before = await Promise.all(customers.map((id) => newestOrder(world, id)));
  const day = { from: epochMsOf(world.endMidnight - DAY_MS), to: world.endMidnight };
  const counts = sumOf(await readAgain(world, 'customer_orders', day));
  await readAgain(world, 'customer_spend_30d', day);
  const after = await Promise.all(customers.map((id) => newestOrder(world, id)));

  const found = `${counts.changed} changed, ${counts.removed} removed, ${counts.inserted} inserted`;
  expect(
    found === '1 changed, 1 removed, 2 inserted',
    `one correction, one cancellation and two late orders resulted in ${found}`,
  );
  const newest = before.map((text, index) => [text, after[index] ?? ''] as const);
  expect(
    newest.slice(0, 3).every(([was, is]) => was !== is),
    'a correction, a removal or a late order is not online',
  );
  expect(newest[3]?.[0] === newest[3]?.[1], 'an older order has replaced a newer one online');
  page.kept(
    'An older value never replaces a newer one online. Corrections and removals always reach the online store.',
    `Four orders from the last day were changed in the shop, and the day was read again: ${found}.`,
    'The newest order online, before and after:',
    ...newest.map(
      ([was, is], index) =>
        `  customer ${String(customers[index]).padEnd(4)} ${WHAT[index]}  ${was.padStart(7)} → ${is}`,
    ),
  );
}

const WHAT = [
  'corrected: amount + 1               ',
  'cancelled: back to the previous order',
  'late order, now the newest          ',
  'late order, older than the newest   ',
];

async function newestOrder(world: World, customer: number): Promise<string> {
  const view = world.project.views.find(({ name }) => name === 'customer_orders');
  return view === undefined ? '' : ((await onlineFields(world, view, String(customer))).get('order_amount') ?? '');
}
