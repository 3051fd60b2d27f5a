// A private MariaDB (or MySQL) on a free port of 127.0.0.1, with its own data and a random password.

import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, systemClock } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import { text, value } from '../core/message.ts';
import { findProgram, serverEnvironment } from './environment.ts';
import { freePort } from './free-port.ts';
import { makePrivateFolder, restrictTo } from './private-folder.ts';
import { logFailure } from './server-log.ts';
import { type Supervised, supervised } from './supervised.ts';
import { type SystemUser, serverUser } from './unprivileged-user.ts';
import { answersOn, startedOrDisposed, startUntilReady } from './until-ready.ts';

export type MariadbOptions = {
  /** More options of the server, without their dashes. */
  readonly settings?: Readonly<Record<string, string>>;
  /** A certificate and its key, as PEM strings, for connections over TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
};

/** A private MariaDB. It keeps its port and its data when it is stopped and started again. */
export interface MariadbServer extends AsyncDisposable {
  /** For a user with all privileges, without a database. */
  readonly url: string;
  readonly logFile: string;
  /** Resolves when it accepts connections. */
  start(): Promise<void>;
  /** Ends it like a crash; the next start recovers. */
  kill(): Promise<void>;
  /** Freezes it: it accepts connections and does not respond, until `resume`. */
  pause(): void;
  resume(): void;
}

const USER = 'millrace';
const READY_WITHIN_MS = 60_000;
// It must survive its own crash, not one of the machine. With `loose`, MySQL ignores the option, which it does not know.
const NEVER_SYNC = '--loose-debug-no-sync';

/** Starts a private MariaDB. It always ends with this process. @throws Failure SERVER_MISSING. */
export async function startMariadb(options: MariadbOptions = {}): Promise<MariadbServer> {
  const program = mariadbProgram();
  const user = serverUser();
  const folder = makePrivateFolder('mariadb', user);
  const password = randomBytes(12).toString('hex');
  const port = await freePort();
  const logFile = join(folder, 'mariadb.log');
  createData(program, folder, user);
  // In a file, because all users can read the arguments of a process.
  writeFileSync(join(folder, 'init.sql'), initialStatements(password));
  const tls = options.tls === undefined ? {} : tlsSettings(folder, options.tls);
  restrictTo(folder, user);

  const process = await supervised({
    command: program,
    args: argumentsOf({ ...settingsFor(folder, port), ...tls, ...options.settings }),
    environment: serverEnvironment(folder),
    user,
    logFile,
    stopSignal: 'SIGTERM',
    temporaryFolder: folder,
  });
  const url = `mysql://${USER}:${password}@127.0.0.1:${port}/`;
  return await startedOrDisposed(new PrivateMariadb({ process, logFile, port, url, clock: systemClock }));
}

function mariadbProgram(): string {
  const found = findProgram(['mariadbd', 'mysqld']);
  if (found !== null) return found;
  throw new Failure(
    'SERVER_MISSING',
    'No mariadbd or mysqld was found on the PATH. Install MariaDB 10.5 or MySQL 8, or newer (Debian and Ubuntu: "apt-get ' +
      'install mariadb-server"; macOS: "brew install mariadb"). It does not need to be running.',
  );
}

// Ignores the machine's configuration files, which may contain the folders and ports of another server.
function argumentsOf(settings: Readonly<Record<string, string>>): string[] {
  return ['--no-defaults', NEVER_SYNC, ...Object.entries(settings).map(([name, value]) => `--${name}=${value}`)];
}

function settingsFor(folder: string, port: number): Record<string, string> {
  return {
    datadir: join(folder, 'data'),
    tmpdir: folder,
    port: String(port),
    'bind-address': '127.0.0.1',
    socket: join(folder, 'socket'),
    'pid-file': join(folder, 'pid'),
    'init-file': join(folder, 'init.sql'),
    'skip-name-resolve': 'ON',
    'max-connect-errors': '1000000', // each readiness check counts as one
    'character-set-server': 'utf8mb4',
    'innodb-flush-log-at-trx-commit': '2',
    'innodb-buffer-pool-size': '64M',
  };
}

function tlsSettings(folder: string, { cert, key }: { cert: string; key: string }): Record<string, string> {
  const files = { 'ssl-cert': join(folder, 'server.pem'), 'ssl-key': join(folder, 'server.key') };
  writeFileSync(files['ssl-cert'], cert, { mode: 0o644 }); // the folder is closed to other users
  writeFileSync(files['ssl-key'], key, { mode: 0o644 });
  return files;
}

function createData(program: string, folder: string, user: SystemUser | null): void {
  // With a shared temporary folder, a starting server would remove the temporary tables of others.
  const places = [`--datadir=${join(folder, 'data')}`, `--tmpdir=${folder}`];
  const installer = findProgram(['mariadb-install-db']);
  const [command, args] =
    installer !== null && isMariadb(program)
      ? [
          installer,
          ['--no-defaults', ...places, NEVER_SYNC, '--auth-root-authentication-method=normal', '--skip-test-db'],
        ]
      : [program, ['--no-defaults', '--initialize-insecure', ...places]];
  const done = spawnSync(command, args, {
    encoding: 'utf8',
    cwd: '/',
    env: serverEnvironment(folder),
    ...(user === null ? {} : { uid: user.uid, gid: user.gid }),
  });
  if (done.status === 0) return;
  const why = `${done.error?.message ?? ''}${done.stdout ?? ''}${done.stderr ?? ''}`.trim();
  rmSync(folder, { recursive: true, force: true });
  throw logFailure(text`${value(command)} could not create a private MariaDB in ${value(folder)}:`, why);
}

function isMariadb(program: string): boolean {
  return spawnSync(program, ['--no-defaults', '--version'], { encoding: 'utf8' }).stdout.includes('MariaDB');
}

// Run at each start, before the first connection. Without the password, only the socket in our folder gives access.
function initialStatements(password: string): string {
  return [
    `create user if not exists '${USER}'@'%' identified by '${password}';`,
    `grant all on *.* to '${USER}'@'%' with grant option;`,
    `drop user if exists 'root'@'127.0.0.1', 'root'@'::1';`,
    '',
  ].join('\n');
}

type Parts = {
  readonly process: Supervised;
  readonly logFile: string;
  readonly port: number;
  readonly url: string;
  readonly clock: Clock;
};

class PrivateMariadb implements MariadbServer {
  readonly url: string;
  readonly logFile: string;
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.url = parts.url;
    this.logFile = parts.logFile;
  }

  async start(): Promise<void> {
    const { process, clock, logFile, port } = this.#parts;
    const starting = { name: 'MariaDB', process, logFile, clock, readyWithinMs: READY_WITHIN_MS };
    // Its greeting.
    await startUntilReady(starting, () => answersOn(port, 'data'));
  }

  kill(): Promise<void> {
    return this.#parts.process.end('SIGKILL');
  }

  pause(): void {
    this.#parts.process.signal('SIGSTOP');
  }

  resume(): void {
    this.#parts.process.signal('SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.process[Symbol.asyncDispose]();
  }
}
