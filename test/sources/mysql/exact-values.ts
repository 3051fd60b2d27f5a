// The table of exact values in MySQL and MariaDB.

import { mysqlDo } from '../../support/mysql.ts';
import { EXACT_COLUMNS, type ExactRow } from '../exact-values.ts';

const TYPES: Readonly<Record<string, string>> = {
  text: 'varchar(200)',
  timestamptz: 'timestamp(6) null',
  int: 'bigint',
  decimal: 'decimal(38, 18)',
  float: 'double',
  bool: 'bool',
  timestamp: 'datetime(6)',
};

/** Makes the table `exact_values` of these rows. */
export async function loadExactValues(url: string, rows: readonly ExactRow[]): Promise<void> {
  const columns = Object.entries(EXACT_COLUMNS).map(([name, type]) => `\`${name}\` ${TYPES[type] ?? type}`);
  const values = rows.map((row) =>
    Object.keys(EXACT_COLUMNS).map((name) => {
      const text = row[name as keyof ExactRow]; // a key of the columns
      if (text === null) return null;
      if (name === 'is_new') return text === 'true';
      return name === 'happened_at' ? text.slice(0, -3) : text; // without the zone, which the session has
    }),
  );
  const insert = ['insert into exact_values values ?', [values]] as const;
  await mysqlDo(url, `create table exact_values (${columns.join(', ')})`, insert);
}
