// Runs statements on a private MariaDB or MySQL, one at a time. Not for sources, which are only read.

import { createConnection } from 'mysql2/promise';

export type OwnStatement = { readonly sql: string; readonly values: readonly (string | null)[] };

export async function runMysqlStatements(url: string, statements: readonly OwnStatement[]): Promise<void> {
  const connection = await createConnection({ uri: url, timezone: 'Z' });
  try {
    await connection.query(`set time_zone = '+00:00'`);
    for (const { sql, values } of statements) await connection.query(sql, [...values]);
  } finally {
    await connection.end();
  }
}
