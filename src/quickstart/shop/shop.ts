// The sample shop: seeded, small, and as messy as a real one. Used by the quickstart and by tests.

import type { EpochMs } from '../../core/instant.ts';
import { type Database, openDatabase } from '../../postgres/database.ts';
import { type Shop, shopOf } from './data.ts';
import { writeLake } from './lake.ts';
import { fillTables } from './tables.ts';

export type ShopOptions = {
  /** An empty database. */
  readonly databaseUrl: string;
  /** The folder for the files; created if necessary. */
  readonly lakeFolder: string;
  /** The shop's last day ends here. */
  readonly endMidnight: EpochMs;
  readonly days: number;
};

/** Fills a database and a folder with the shop of these days: the same rows for the same days. Takes about two seconds. */
export async function seedShop({ databaseUrl, lakeFolder, endMidnight, days }: ShopOptions): Promise<Shop> {
  const shop = shopOf(endMidnight, days);
  await using database = openShop(databaseUrl);
  await database.transaction((session) => fillTables(session, shop));
  await writeLake(lakeFolder, shop);
  return shop;
}

/** A connection to the shop's database. */
export function openShop(databaseUrl: string): Database {
  return openDatabase({
    url: databaseUrl,
    role: { label: 'The sample shop', unavailable: 'SOURCE_UNAVAILABLE', denied: 'SOURCE_DENIED' },
    poolMax: 1,
    connectTimeoutMs: 10_000,
    idleInTransactionMs: 60_000,
    applicationName: 'millrace-shop',
  });
}
