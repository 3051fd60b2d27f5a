// The shop's tables, and filling them.

import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { formatInstant } from '../../core/instant.ts';
import { escapeCopy } from '../../feature-types/copy-text.ts';
import type { Session } from '../../postgres/session.ts';
import type { Shop } from './data.ts';

const TABLES = `
  create table customers (id int primary key, name text not null, signed_up_at timestamptz not null);
  create table products (id text primary key, name text not null, price numeric(10, 2) not null, stock int not null);
  create table orders (
    id int primary key,
    customer_id int not null references customers,
    ordered_at timestamptz not null,
    amount numeric(12, 2) not null,
    lines int not null,
    recorded_at timestamptz not null,
    corrected_at timestamptz);
  create table order_lines (
    order_id int not null references orders on delete cascade,
    product_id text not null references products,
    quantity int not null,
    primary key (order_id, product_id));
  create table contact_changes (customer_id int, changed_at timestamptz not null, email text, newsletter boolean);
  create table reviews (
    product_id text, written_at timestamptz not null, received_at timestamptz not null, stars float8, would_rebuy boolean)`;

const INDEXES = `
  create index on orders (ordered_at);
  create index on contact_changes (changed_at);
  create index on reviews (received_at);
  analyze`;

type Field = string | number | boolean | null;

/** Creates the tables of a shop in an empty database and fills them. */
export async function fillTables(session: Session, shop: Shop): Promise<void> {
  await session.run(TABLES);
  for (const [table, rows] of Object.entries(rowsOf(shop))) {
    await pipeline(Readable.from(linesOf(rows)), session.copyIn(`copy ${table} from stdin`));
  }
  await session.run(INDEXES);
}

/** Table → its rows, in the order of its columns; referenced tables come first. */
function rowsOf(shop: Shop): Record<string, readonly (readonly Field[])[]> {
  return {
    customers: shop.customers.map(({ id, name, signedUpAt }) => [id, name, formatInstant(signedUpAt)]),
    products: shop.products.map(({ id, name, priceCents, stock }) => [id, name, money(priceCents), stock]),
    orders: shop.orders.map(({ id, customerId, orderedAt, amountCents, lines, recordedAt, correctedAt }) => [
      ...[id, customerId, formatInstant(orderedAt), money(amountCents), lines.length, formatInstant(recordedAt)],
      correctedAt === null ? null : formatInstant(correctedAt),
    ]),
    order_lines: shop.orders.flatMap(({ id, lines }) =>
      lines.map(({ product, quantity }) => [id, product.id, quantity]),
    ),
    contact_changes: shop.contactChanges.map(({ customerId, changedAt, email, newsletter }) => [
      ...[customerId, formatInstant(changedAt), email, newsletter],
    ]),
    reviews: shop.reviews.map(({ productId, writtenAt, receivedAt, stars, wouldRebuy }) => [
      ...[productId, formatInstant(writtenAt), formatInstant(receivedAt), stars, wouldRebuy],
    ]),
  };
}

function* linesOf(rows: readonly (readonly Field[])[]): Generator<string> {
  for (const row of rows)
    yield `${row.map((field) => (field === null ? '\\N' : escapeCopy(String(field)))).join('\t')}\n`;
}

function money(cents: number): string {
  return (cents / 100).toFixed(2);
}
