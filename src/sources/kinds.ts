// The list of source kinds: adding one is a file of its own and a line here.

export { lakeSource } from './lake.ts';
export { mysqlSource } from './mysql.ts';
export { postgresSource } from './postgres.ts';
