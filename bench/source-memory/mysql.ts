// MariaDB, whose sequence tables generate any number of rows without storing them.

import { createConnection } from 'mysql2';
import { startMariadb } from '../../src/servers/servers.ts';
import { mysqlSource } from '../../src/sources/mysql/mysql.ts';
import { eventsView, sourceOptions } from '../../test/sources/worlds.ts';
import type { SourceCase } from './source-memory.bench.ts';

export const MYSQL: SourceCase = { name: 'mysql', speedMin: 0.7, open: (rows) => open(rows, 'seq / 7e0') };
export const MYSQL_WIDE: SourceCase = {
  name: 'mysql-wide',
  speedMin: 0.4,
  rowsMax: 20_000,
  open: (rows) => open(rows, "repeat('x', 60000)"),
};

async function open(rows: number, value: string) {
  const server = await startMariadb();
  const url = `${server.url}mysql`;
  const query = `select concat('customer-', seq) as entity_id, timestamp'2026-01-31 08:00:00.000001' + interval seq second as timestamp,
    ${value} as amount from seq_1_to_${rows}`;
  const source = mysqlSource.open(sourceOptions({ url, batchRows: 5_000, statementTimeoutMs: 1_800_000 }));
  return {
    read: () => source.read({ view: eventsView({ query, kind: 'latest' }), span: null }, new AbortController().signal),
    plainly: () => plainly(url, query),
    async [Symbol.asyncDispose]() {
      await source[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** As in the driver's documentation: a stream of rows as arrays. */
async function plainly(url: string, query: string): Promise<number> {
  const { hostname, port, username, password, pathname } = new URL(url);
  const connection = createConnection({
    host: hostname,
    port: Number(port),
    user: username,
    password,
    database: pathname.slice(1),
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    rowsAsArray: true,
  });
  let rows = 0;
  for await (const _ of connection.execute(query).stream({ highWaterMark: 500 })) rows += 1;
  connection.destroy();
  return rows;
}
