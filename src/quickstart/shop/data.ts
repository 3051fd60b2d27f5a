// The contents of the sample shop as plain data: the same for the same last midnight, on every machine.
//
// It is as messy as a real shop. Orders are recorded late, duplicated by double clicks and corrected later; phones have
// wrong clocks and send incomplete forms; on some days there is no file.

import { type EpochMs, epochMsOf } from '../../core/instant.ts';
import { type Chance, chanceOf } from './random.ts';

export type Customer = { readonly id: number; readonly name: string; readonly signedUpAt: EpochMs };
export type Product = {
  readonly id: string;
  readonly name: string;
  readonly priceCents: number;
  readonly stock: number;
};
export type OrderLine = { readonly product: Product; readonly quantity: number };
export type Order = {
  readonly id: number;
  readonly customerId: number;
  readonly orderedAt: EpochMs;
  /** Later than `orderedAt`: usually seconds, sometimes hours. */
  readonly recordedAt: EpochMs;
  /** Null without a correction. */
  readonly correctedAt: EpochMs | null;
  readonly amountCents: number;
  readonly lines: readonly OrderLine[];
};
export type ContactChange = {
  readonly customerId: number | null;
  readonly changedAt: EpochMs;
  readonly email: string | null;
  readonly newsletter: boolean | null;
};
export type Review = {
  readonly productId: string | null;
  readonly writtenAt: EpochMs;
  readonly receivedAt: EpochMs;
  readonly stars: number | null;
  readonly wouldRebuy: boolean | null;
};
/** A line of a till's export; `customerId` is null for a cash sale, `quantity` is the text that the till wrote. */
export type Sale = {
  readonly receipt: number;
  readonly customerId: number | null;
  readonly product: Product;
  readonly quantity: string;
};
export type Visit = {
  readonly id: number;
  readonly productId: string;
  readonly visitedAt: EpochMs;
  readonly seconds: number;
  readonly device: string | null;
};
/** A day's file. */
export type Daily<Row> = { readonly day: EpochMs; readonly rows: readonly Row[] };

export type Shop = {
  readonly customers: readonly Customer[];
  readonly products: readonly Product[];
  readonly orders: readonly Order[];
  readonly contactChanges: readonly ContactChange[];
  readonly reviews: readonly Review[];
  /** Days without a file are absent. */
  readonly sales: readonly Daily<Sale>[];
  readonly visits: readonly Daily<Visit>[];
};

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const CUSTOMERS = 300;
const THINGS = ['mug', 'kettle', 'lamp', 'basket', 'blanket', 'candle', 'frame', 'clock', 'vase', 'apron'];
const KINDS = ['Blue', 'Oak', 'Linen', 'Round'];

/** The shop for the `days` days before `endMidnight`. */
export function shopOf(endMidnight: EpochMs, days: number): Shop {
  const dates = Array.from({ length: days }, (_, index) => epochMsOf(endMidnight - (days - index) * DAY_MS));
  const customers = customersOf(dates);
  const products = productsOf();
  return {
    customers,
    products,
    orders: ordersOf(dates, customers, products),
    contactChanges: contactChangesOf(dates, customers),
    reviews: reviewsOf(dates, products),
    sales: dates
      .filter((_, index) => index % 17 !== 11)
      .map((day) => ({ day, rows: salesOf(day, customers, products) })),
    visits: dates.filter((_, index) => index % 29 !== 20).map((day) => ({ day, rows: visitsOf(day, products) })),
  };
}

function customersOf([first]: readonly EpochMs[]): Customer[] {
  const chance = chanceOf('customers');
  return Array.from({ length: CUSTOMERS }, (_, index) => ({
    id: index + 1,
    name: `Customer ${index + 1}`,
    signedUpAt: epochMsOf((first ?? 0) - chance.between(1, 900) * DAY_MS),
  }));
}

function productsOf(): Product[] {
  const chance = chanceOf('products');
  return KINDS.flatMap((kind) => THINGS.map((thing) => `${kind} ${thing}`)).map((name, index) => ({
    id: `P-${String(index + 1).padStart(3, '0')}`,
    name,
    priceCents: chance.between(190, 8_900),
    stock: chance.between(0, 400),
  }));
}

function ordersOf(dates: readonly EpochMs[], customers: readonly Customer[], products: readonly Product[]): Order[] {
  const chance = chanceOf('orders');
  const placed = dates
    .flatMap((day) => Array.from({ length: chance.between(90, 140) }, () => timeOf(chance, day)))
    .flatMap((orderedAt) => {
      const customerId = chance.favourite(customers).id;
      // A double click orders twice in the same second.
      return chance.happens(0.01)
        ? [
            { customerId, orderedAt },
            { customerId, orderedAt },
          ]
        : [{ customerId, orderedAt }];
    });
  return placed
    .sort((a, b) => a.orderedAt - b.orderedAt)
    .map(({ customerId, orderedAt }, index) => {
      const lines = linesOf(chance, products);
      const total = lines.reduce((cents, { product, quantity }) => cents + product.priceCents * quantity, 0);
      const recordedAt = epochMsOf(
        orderedAt + (chance.happens(0.05) ? chance.between(5, 180) * MINUTE_MS : chance.between(0, 20) * SECOND_MS),
      );
      const isCorrected = chance.happens(0.02);
      return {
        id: index + 1,
        customerId,
        orderedAt,
        recordedAt,
        correctedAt: isCorrected ? epochMsOf(recordedAt + chance.between(1, 30) * MINUTE_MS) : null,
        amountCents: isCorrected ? Math.round(total * 0.9) : total,
        lines,
      };
    });
}

function linesOf(chance: Chance, products: readonly Product[]): OrderLine[] {
  const chosen = new Set(Array.from({ length: chance.between(1, 4) }, () => chance.favourite(products)));
  return [...chosen].map((product) => ({ product, quantity: chance.between(1, 3) }));
}

function contactChangesOf(dates: readonly EpochMs[], customers: readonly Customer[]): ContactChange[] {
  const chance = chanceOf('contacts');
  const change = (customerId: number | null, email: string | null): ContactChange => ({
    customerId,
    changedAt: timeOf(chance, chance.oneOf(dates)),
    email,
    newsletter: chance.happens(0.2) ? null : chance.happens(0.4),
  });
  return [
    ...customers.flatMap(({ id }) => {
      const first = change(id, `customer${id}@example.com`);
      return chance.happens(0.2) ? [first, change(id, `c${id}@example.org`)] : [first];
    }),
    ...[4, 19, 88, 230].map((id) => change(id, null)),
    change(null, 'nobody@example.com'),
    change(null, 'other@example.com'),
  ];
}

function reviewsOf(dates: readonly EpochMs[], products: readonly Product[]): Review[] {
  const chance = chanceOf('reviews');
  const review = (different: Partial<Review>): Review => {
    const receivedAt = timeOf(chance, chance.oneOf(dates));
    return {
      productId: chance.favourite(products).id,
      writtenAt: receivedAt,
      receivedAt,
      stars: chance.between(1, 5),
      wouldRebuy: chance.happens(0.3) ? null : chance.happens(0.7),
      ...different,
    };
  };
  const repeated = (count: number, different: Partial<Review>) =>
    Array.from({ length: count }, () => review(different));
  return [
    ...repeated(1_500, {}),
    ...repeated(6, { productId: null }),
    ...repeated(3, { productId: '' }),
    ...repeated(2, { productId: `P-${'0'.repeat(600)}` }),
    ...repeated(2, { productId: 'P-001\n' }),
    ...repeated(6, { stars: null }),
    ...repeated(5, { stars: Number.NaN }),
    ...repeated(4, { writtenAt: epochMsOf((dates.at(-1) ?? 0) + 800 * DAY_MS) }),
    // The clock of a phone starts at 1970 after its battery was empty.
    ...repeated(7, { writtenAt: epochMsOf(0) }),
  ];
}

function salesOf(day: EpochMs, customers: readonly Customer[], products: readonly Product[]): Sale[] {
  const chance = chanceOf(`sales ${day / DAY_MS}`);
  const lines = Array.from({ length: chance.between(60, 110) }, (_, index) => ({
    receipt: (day / DAY_MS) * 1_000 + index,
    customerId: chance.happens(0.25) ? null : chance.favourite(customers).id,
    product: chance.favourite(products),
    // A negative quantity is a return.
    quantity: String(chance.happens(0.04) ? -chance.between(1, 2) : chance.between(1, 6)),
  }));
  // Every ninth day, a till writes a broken line.
  const broken = (day / DAY_MS) % 9 === 0 ? chance.between(0, lines.length - 1) : -1;
  return lines.map((line, index) => (index === broken ? { ...line, customerId: 7, quantity: 'n/a' } : line));
}

function visitsOf(day: EpochMs, products: readonly Product[]): Visit[] {
  const chance = chanceOf(`visits ${day / DAY_MS}`);
  return Array.from({ length: chance.between(70, 130) }, (_, index) => ({
    id: (day / DAY_MS) * 1_000 + index,
    productId: chance.favourite(products).id,
    visitedAt: epochMsOf(timeOf(chance, day) + chance.between(0, 999)),
    seconds: chance.between(5, 6_000) / 10,
    device: chance.happens(0.1) ? null : chance.oneOf(['phone', 'laptop', 'tablet']),
  }));
}

/** A second of a day, more often around noon than at night. */
function timeOf(chance: Chance, day: EpochMs): EpochMs {
  const halves = chance.between(0, 43_199) + chance.between(0, 43_199);
  return epochMsOf(day + halves * SECOND_MS);
}
