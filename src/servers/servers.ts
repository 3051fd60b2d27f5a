// Private servers for tests, the quickstart and `millrace dev --local`. Each listens on a free port of 127.0.0.1, keeps its
// data in a separate folder, and always ends with this process. Nothing else on the machine is changed.

export { type LocalServers, startLocalServers } from './local-servers.ts';
export { type MariadbOptions, type MariadbServer, startMariadb } from './mariadb-server.ts';
export { type OtherPostgres, otherPostgres } from './postgres-binaries.ts';
export { databaseNameOf, databasesAt, type PostgresDatabases } from './postgres-databases.ts';
export { type PostgresOptions, type PostgresServer, startPostgres } from './postgres-server.ts';
export { type RedisOptions, type RedisServer, startRedis } from './redis-server.ts';
