// A private Postgres on a free port of 127.0.0.1, with its own data and a random password.

import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Clock, systemClock } from '../core/clock.ts';
import { text, value } from '../core/message.ts';
import { serverEnvironment } from './environment.ts';
import { freePort } from './free-port.ts';
import { type PostgresBinaries, postgresBinaries } from './postgres-binaries.ts';
import { databasesAt, type PostgresDatabases } from './postgres-databases.ts';
import { makePrivateFolder, restrictTo } from './private-folder.ts';
import { logFailure } from './server-log.ts';
import { type Supervised, supervised } from './supervised.ts';
import { type SystemUser, serverUser } from './unprivileged-user.ts';
import { startedOrDisposed, startUntilReady } from './until-ready.ts';

export type PostgresOptions = {
  /** An existing folder, which is kept; by default a temporary one, deleted at the end. */
  readonly folder?: string;
  readonly port?: number;
  readonly password?: string;
  /** More settings of postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
  /** A certificate and its key, as PEM strings, for connections over TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** To use another version than the packaged one. */
  readonly binaries?: PostgresBinaries;
};

/** A private Postgres. It keeps its port and its data when it is stopped and started again. */
export interface PostgresServer extends PostgresDatabases, AsyncDisposable {
  readonly port: number;
  readonly logFile: string;
  /** Resolves when it accepts connections. */
  start(): Promise<void>;
  /** Ends connections, writes a checkpoint, stops. */
  stop(): Promise<void>;
  /** Stops like a crash: the next start recovers, and unlogged tables are empty afterwards. */
  stopImmediate(): Promise<void>;
  /** `stop` and `start`. */
  restart(): Promise<void>;
}

const READY_WITHIN_MS = 60_000;
const USER = 'millrace';

// A temporary server must survive its own crash, not one of the machine: it writes its log at each commit but does not wait
// for the disk. With synchronous_commit off, commits would be lost in tests of crashes.
const TEMPORARY = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'on' };

/** Starts a private Postgres. It always ends with this process. */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const user = serverUser();
  const binaries = options.binaries ?? postgresBinaries(user);
  const folder = options.folder ?? makePrivateFolder('postgres', user);
  const password = options.password ?? randomBytes(12).toString('hex');
  const port = options.port ?? (await freePort());
  const data = join(folder, 'data');
  const logFile = join(folder, 'postgres.log');
  if (!existsSync(join(data, 'PG_VERSION'))) createCluster({ binaries, folder, user, password }, data);

  const tls = options.tls === undefined ? {} : tlsSettings(folder, user, options.tls);
  const settings = {
    ...settingsFor(port),
    ...tls,
    ...(options.folder === undefined ? TEMPORARY : {}),
    ...options.settings,
  };
  const process = await supervised({
    command: binaries.postgres,
    args: ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    environment: serverEnvironment(folder),
    user,
    logFile,
    stopSignal: 'SIGINT',
    temporaryFolder: options.folder === undefined ? folder : null,
  });
  return await startedOrDisposed(new PrivatePostgres({ process, data, logFile, port, password, clock: systemClock }));
}

function settingsFor(port: number): Record<string, string> {
  return {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: '200',
    timezone: 'UTC',
    log_timezone: 'UTC',
  };
}

// The server accepts only a key that no other user can read.
function tlsSettings(
  folder: string,
  user: SystemUser | null,
  { cert, key }: { readonly cert: string; readonly key: string },
): Record<string, string> {
  const files = { ssl_cert_file: join(folder, 'server.pem'), ssl_key_file: join(folder, 'server.key') };
  writeFileSync(files.ssl_cert_file, cert, { mode: 0o600 });
  writeFileSync(files.ssl_key_file, key, { mode: 0o600 });
  if (user !== null) for (const file of Object.values(files)) chownSync(file, user.uid, user.gid);
  return { ssl: 'on', ...files };
}

const UNFINISHED = 'unfinished-';

type NewCluster = {
  readonly binaries: PostgresBinaries;
  readonly folder: string;
  readonly user: SystemUser | null;
  readonly password: string;
};

/** Under another name until it is complete: the next start would use what a killed process left in `data`. */
function createCluster({ binaries, folder, user, password }: NewCluster, data: string): void {
  restrictTo(folder, user);
  const unfinished = mkdtempSync(join(folder, UNFINISHED));
  restrictTo(unfinished, user);
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, password, { mode: 0o644 }); // the folder is closed to other users
  // "password" instead of scram: 127.0.0.1 cannot be eavesdropped, and each of thousands of connections is 10 ms faster.
  const args = ['-D', unfinished, '-U', USER, `--pwfile=${passwordFile}`, '-A', 'password'];
  const done = spawnSync(binaries.initdb, [...args, '--locale=C', '--encoding=UTF8', '--no-sync'], {
    encoding: 'utf8',
    cwd: '/',
    env: serverEnvironment(folder),
    ...(user === null ? {} : { uid: user.uid, gid: user.gid }),
  });
  rmSync(passwordFile);
  if (done.status === 0) {
    renameSync(unfinished, data);
    removeUnfinished(folder);
    return;
  }
  rmSync(unfinished, { recursive: true, force: true });
  const why = `${done.error?.message ?? ''}${done.stderr ?? ''}`.trim();
  throw logFailure(text`initdb could not create a private Postgres in ${value(folder)}:`, why);
}

/** Removes what killed processes have left. */
function removeUnfinished(folder: string): void {
  const left = readdirSync(folder).filter((name) => name.startsWith(UNFINISHED));
  for (const name of left) rmSync(join(folder, name), { recursive: true, force: true });
}

type Parts = {
  readonly process: Supervised;
  readonly data: string;
  readonly logFile: string;
  readonly port: number;
  readonly password: string;
  readonly clock: Clock;
};

class PrivatePostgres implements PostgresServer {
  readonly port: number;
  readonly logFile: string;
  readonly url: string;
  readonly urlOf: PostgresDatabases['urlOf'];
  readonly createDatabase: PostgresDatabases['createDatabase'];
  readonly dropDatabase: PostgresDatabases['dropDatabase'];
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.port = parts.port;
    this.logFile = parts.logFile;
    const databases = databasesAt(`postgres://${USER}:${parts.password}@127.0.0.1:${parts.port}/postgres`);
    this.url = databases.url;
    this.urlOf = databases.urlOf;
    this.createDatabase = databases.createDatabase;
    this.dropDatabase = databases.dropDatabase;
  }

  async start(): Promise<void> {
    const { process, clock, logFile } = this.#parts;
    const starting = { name: 'Postgres', process, logFile, clock, readyWithinMs: READY_WITHIN_MS };
    await startUntilReady(starting, () => this.#isReady());
  }

  stop(): Promise<void> {
    return this.#parts.process.end('SIGINT');
  }

  stopImmediate(): Promise<void> {
    return this.#parts.process.end('SIGQUIT');
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.process[Symbol.asyncDispose]();
  }

  // Like pg_ctl: the server writes into this file when it accepts connections.
  #isReady(): boolean {
    const file = join(this.#parts.data, 'postmaster.pid');
    if (!existsSync(file)) return false;
    const lines = readFileSync(file, 'utf8').split('\n');
    return Number(lines[0]) === this.#parts.process.pid && lines[7]?.trim() === 'ready';
  }
}
