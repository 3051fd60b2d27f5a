// The SQL dialects that queries are compiled to.

import type { SqlDialect } from '../../query/sql-text.ts';
import { clickhouseDialect } from './clickhouse.ts';
import type { Dialect } from './dialect.ts';
import { duckdbDialect } from './duckdb.ts';
import { mysqlDialect } from './mysql.ts';
import { postgresDialect } from './postgres.ts';

export const DIALECTS: Readonly<Record<SqlDialect, Dialect>> = {
  postgres: postgresDialect,
  mysql: mysqlDialect,
  duckdb: duckdbDialect,
  clickhouse: clickhouseDialect,
};
