// The shop's lake: daily CSV files of the tills, and daily Parquet files of visits.

import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { EpochMs } from '../../core/instant.ts';
import type { Sale, Shop, Visit } from './data.ts';

/** Writes the lake of a shop below `folder`. */
export async function writeLake(folder: string, { sales, visits }: Shop): Promise<void> {
  await mkdir(join(folder, 'sales'), { recursive: true });
  for (const { day, rows } of sales) await writeFile(join(folder, 'sales', `${dateOf(day)}.csv`), csvOf(rows));
  for (const { day, rows } of visits) {
    const partition = join(folder, 'visits', `dt=${dateOf(day)}`);
    await mkdir(partition, { recursive: true });
    await writeVisits(join(partition, 'part-0.parquet'), rows);
  }
}

function csvOf(sales: readonly Sale[]): string {
  const lines = sales.map(({ receipt, customerId, product, quantity }) => {
    // Spreadsheets write whole numbers like this in a column with gaps.
    const customer = customerId === null ? '' : `${customerId}.0`;
    return `${receipt},${customer},${product.id},${quantity},${(product.priceCents / 100).toFixed(2)}\n`;
  });
  return `receipt,customer_id,product_id,quantity,unit_price\n${lines.join('')}`;
}

function dateOf(day: EpochMs): string {
  return new Date(day).toISOString().slice(0, 10);
}

/** The part of parquetjs-lite that we use; it has no types. */
type ParquetModule = {
  readonly ParquetSchema: new (fields: Readonly<Record<string, { type: string; optional?: boolean }>>) => object;
  readonly ParquetWriter: {
    openFile(schema: object, path: string): Promise<{ appendRow(row: object): Promise<void>; close(): Promise<void> }>;
  };
};

async function writeVisits(path: string, visits: readonly Visit[]): Promise<void> {
  const parquet = createRequire(import.meta.url)('parquetjs-lite') as ParquetModule; // described above
  const schema = new parquet.ParquetSchema({
    visit_id: { type: 'INT64' },
    product_id: { type: 'UTF8' },
    visited_at: { type: 'TIMESTAMP_MILLIS' },
    seconds: { type: 'DOUBLE' },
    device: { type: 'UTF8', optional: true },
  });
  const writer = await parquet.ParquetWriter.openFile(schema, path);
  for (const { id, productId, visitedAt, seconds, device } of visits) {
    const row = { visit_id: id, product_id: productId, visited_at: new Date(visitedAt), seconds };
    await writer.appendRow(device === null ? row : { ...row, device });
  }
  await writer.close();
}
