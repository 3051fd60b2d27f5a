// The table of exact values in ClickHouse.

import { clickhouseDo } from '../../support/clickhouse/clickhouse.ts';
import { EXACT_COLUMNS, type ExactRow } from '../exact-values.ts';

const TYPES: Readonly<Record<string, string>> = {
  entity_id: 'String',
  happened_at: "DateTime64(6, 'Europe/London')",
  whole: 'Nullable(Int64)',
  exact: 'Nullable(Decimal(38, 18))',
  inexact: 'Nullable(Float64)',
  words: 'LowCardinality(Nullable(String))',
  is_new: 'Nullable(Bool)',
  moment: "Nullable(DateTime64(6, 'UTC'))",
  day: 'Nullable(Date32)',
  document: 'Nullable(String)',
};

/** Makes the table `exact_values` of these rows. */
export async function loadExactValues(url: string, rows: readonly ExactRow[]): Promise<void> {
  const names = Object.keys(EXACT_COLUMNS);
  const columns = names.map((name) => `${name} ${TYPES[name]}`).join(', ');
  await clickhouseDo(url, `create table exact_values (${columns}) engine = MergeTree order by entity_id`);
  const values = rows.map((row) => {
    const fields = names.map((name) => {
      const text = row[name as keyof ExactRow]; // a key of the columns
      if (text === null) return 'null';
      if (name === 'happened_at') return `toDateTime64('${text.slice(0, -3)}', 6, 'UTC')`;
      if (name === 'exact') return `toDecimal128('${text}', 18)`;
      return name === 'inexact' ? `toFloat64('${text}')` : literal(text);
    });
    return `(${fields.join(', ')})`;
  });
  await clickhouseDo(url, `insert into exact_values values ${values.join(', ')}`);
}

export function literal(text: string | null): string {
  return text === null ? 'null' : `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
