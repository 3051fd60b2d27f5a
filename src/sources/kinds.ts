// The list of source kinds: adding one is a file of its own and a line here.

export { lakeSource } from './lake/lake.ts';
export { mysqlSource } from './mysql/mysql.ts';
export { postgresSource } from './postgres/postgres.ts';
