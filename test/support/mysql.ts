// MariaDB or MySQL for tests: started by the first test of a file, stopped with the file.

import { randomBytes } from 'node:crypto';
import { createConnection } from 'mysql2';
import { type MariadbServer, startMariadb } from '../../src/servers/servers.ts';
import { afterFile, lastAfterFile } from './after-file.ts';

let server: Promise<MariadbServer> | null = null;

/** The URL of a new, empty database, dropped after this file. A test that stops its server starts another one. */
export async function freshMysql(): Promise<string> {
  const url = new URL(await serverUrl());
  const database = `test_${randomBytes(6).toString('hex')}`;
  await mysqlDo(url.href, `create database ${database} character set utf8mb4`);
  afterFile(() => mysqlDo(url.href, `drop database ${database}`));
  url.pathname = `/${database}`;
  return url.href;
}

async function serverUrl(): Promise<string> {
  const given = process.env['MILLRACE_TEST_MYSQL_URL'];
  if (given !== undefined && given !== '') return given;
  if (server === null) {
    const started = startMariadb();
    server = started;
    lastAfterFile(async () => {
      server = null;
      await (await started)[Symbol.asyncDispose]();
    });
  }
  return (await server).url;
}

/** Runs statements one at a time; returns the rows of the last one, each as a record of strings, numbers and nulls. */
export async function mysqlDo(
  url: string,
  ...statements: readonly (string | readonly [text: string, values: readonly unknown[]])[]
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { hostname, port, username, password, pathname } = new URL(url);
  const connection = createConnection({
    host: hostname,
    port: Number(port || 3306),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: pathname.slice(1),
    charset: 'UTF8MB4_UNICODE_CI',
    timezone: 'Z',
    dateStrings: true,
  });
  try {
    let last: readonly Readonly<Record<string, unknown>>[] = [];
    await connection.promise().query("set time_zone = '+00:00'");
    for (const statement of statements) {
      const [text, values] = typeof statement === 'string' ? [statement, []] : statement;
      const [rows] = await connection.promise().query(text, [...values]);
      last = rows as typeof last; // statements without rows return no rows
    }
    return last;
  } finally {
    connection.destroy();
  }
}
