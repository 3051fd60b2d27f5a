// The list of source kinds. To add one, add a file and a line here.

export { clickhouseSource } from './clickhouse/clickhouse.ts';
export { httpSource } from './http/http.ts';
export { lakeSource } from './lake/lake.ts';
export { mysqlSource } from './mysql/mysql.ts';
export { postgresSource } from './postgres/postgres.ts';
export { redisSource } from './redis/redis.ts';
