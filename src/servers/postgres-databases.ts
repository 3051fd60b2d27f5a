// Creating and dropping databases on a private Postgres, for a test or a project.

import { randomBytes } from 'node:crypto';
import { type Database, identifier, openDatabase } from '../postgres/database.ts';

/** A Postgres on which we may create databases. */
export interface PostgresDatabases {
  /** The superuser's, for the database `postgres`. */
  readonly url: string;
  /** The same user's URL for another database. */
  urlOf(database: string): string;
  /** Creates an empty database, or a copy of `template`, which must have no connections; returns its URL. */
  createDatabase(name?: string, template?: string): Promise<string>;
  /** Drops the database if it exists, closing its connections. */
  dropDatabase(name: string): Promise<void>;
}

/** The databases of the server at `url`; its user must be allowed to create databases. */
export function databasesAt(url: string): PostgresDatabases {
  const urlOf = (database: string) => {
    const other = new URL(url);
    other.pathname = `/${database}`;
    return other.href;
  };
  return {
    url,
    urlOf,
    createDatabase: async (name = `millrace_${randomBytes(8).toString('hex')}`, template = 'template1') => {
      await using server = open(url);
      const strategy = await quickStrategy(server);
      await server.run(`create database ${identifier(name)} template ${identifier(template)} ${strategy}`);
      return urlOf(name);
    },
    dropDatabase: async (name) => {
      await using server = open(url);
      await server.run(`drop database if exists ${identifier(name)} with (force)`);
    },
  };
}

/** Postgres 15 and newer copy a database through the log by default, which takes several times as long. */
async function quickStrategy(server: Database): Promise<string> {
  const rows = await server.query<{ text: string }>(
    `select case when current_setting('server_version_num')::int >= 150000 then 'strategy file_copy' else '' end as text`,
  );
  return rows[0]?.text ?? '';
}

/** The database name in a URL. */
export function databaseNameOf(url: string): string {
  return decodeURIComponent(new URL(url).pathname.slice(1));
}

function open(url: string): Database {
  return openDatabase({
    url,
    role: { label: 'the private Postgres', unavailable: 'OFFLINE_UNAVAILABLE', denied: 'OFFLINE_DENIED' },
    poolMax: 1,
    // A busy machine with other servers on it.
    connectTimeoutMs: 60_000,
    idleInTransactionMs: 60_000,
    applicationName: 'millrace-dev',
  });
}
