// MariaDB, whose sequence tables make any number of rows without storing one.

import { createConnection } from 'mysql2';
import { startMariadb } from '../src/dev/servers.ts';
import { mysqlSource } from '../src/sources/mysql.ts';
import { eventsView, sourceOptions } from '../test/sources/worlds.ts';
import type { SourceCase } from './source-memory.ts';

export const MYSQL: SourceCase = {
  name: 'mysql',
  async open(rows) {
    const server = await startMariadb();
    const url = `${server.url}mysql`;
    const query = `select concat('customer-', seq) as entity_id, timestamp'2026-01-31 08:00:00.000001' + interval seq second as timestamp,
      seq / 7e0 as amount from seq_1_to_${rows}`;
    const source = mysqlSource.open(sourceOptions({ url, batchRows: 5_000, statementTimeoutMs: 600_000 }));
    return {
      read: () =>
        source.read({ view: eventsView({ query, kind: 'latest' }), span: null }, new AbortController().signal),
      plainly: () => plainly(url, query),
      async [Symbol.asyncDispose]() {
        await source[Symbol.asyncDispose]();
        await server[Symbol.asyncDispose]();
      },
    };
  },
};

/** As the driver's documentation has it: a stream of rows as arrays. */
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
