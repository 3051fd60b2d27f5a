// A private Redis on a free port of 127.0.0.1, with its own data and a random password.

import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, systemClock } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import { findProgram, serverEnvironment } from './environment.ts';
import { freePort } from './free-port.ts';
import { makePrivateFolder, restrictTo } from './private-folder.ts';
import { askRedis } from './redis-inline.ts';
import { type Supervised, supervised } from './supervised.ts';
import { serverUser } from './unprivileged-user.ts';
import { startedOrDisposed, startUntilReady } from './until-ready.ts';

export type RedisOptions = {
  /** An existing folder, which is kept; by default a temporary one, deleted at the end. */
  readonly folder?: string;
  readonly port?: number;
  readonly password?: string;
  /** Whether writes survive a restart (an append-only file, synced each second). Default `no`. */
  readonly appendonly?: 'yes' | 'no';
  /** Default `noeviction`. */
  readonly maxmemoryPolicy?: string;
  /** More settings of redis.conf. */
  readonly settings?: Readonly<Record<string, string>>;
};

/** A private Redis. It keeps its port and its folder when it is stopped and started again. */
export interface RedisServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly logFile: string;
  /** Resolves when it responds. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Ends it like a crash. */
  kill(): Promise<void>;
  /** Freezes it: it accepts connections and does not respond, until `resume`. */
  pause(): void;
  resume(): void;
  /** `stop` and `start`. Without `appendonly` it is empty afterwards. */
  restart(): Promise<void>;
}

const READY_WITHIN_MS = 30_000;

/** Starts a private Redis. It always ends with this process. @throws Failure SERVER_MISSING. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const program = redisProgram();
  const user = serverUser();
  const folder = options.folder ?? makePrivateFolder('redis', user);
  const password = options.password ?? randomBytes(12).toString('hex');
  const port = options.port ?? (await freePort());
  const configuration = join(folder, 'redis.conf');
  const logFile = join(folder, 'redis.log');
  // In a file, because all users can read the arguments of a process.
  writeFileSync(configuration, configurationOf({ ...settingsFor(options), port: String(port), requirepass: password }));
  if (user !== null) restrictTo(folder, user);

  const process = await supervised({
    command: program,
    args: [configuration, '--dir', folder],
    environment: serverEnvironment(folder),
    user,
    logFile,
    stopSignal: 'SIGTERM',
    temporaryFolder: options.folder === undefined ? folder : null,
  });
  return await startedOrDisposed(new PrivateRedis({ process, logFile, port, password, clock: systemClock }));
}

/** The Redis of this machine. @throws Failure SERVER_MISSING, with what to install. */
export function redisProgram(): string {
  const found = findProgram(['redis-server', 'valkey-server']);
  if (found !== null) return found;
  throw new Failure(
    'SERVER_MISSING',
    'No redis-server was found on the PATH. Install Redis 6.2 or newer (Debian and Ubuntu: "apt-get install redis-server"; ' +
      'macOS: "brew install redis"). It does not need to be running.',
  );
}

function settingsFor(options: RedisOptions): Record<string, string> {
  return {
    bind: '127.0.0.1',
    // Each test has its own database (test/support/servers.ts).
    databases: '1024',
    save: '""',
    appendonly: options.appendonly ?? 'no',
    appendfsync: 'everysec',
    'maxmemory-policy': options.maxmemoryPolicy ?? 'noeviction',
    ...options.settings,
  };
}

function configurationOf(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} ${value}\n`)
    .join('');
}

type Parts = {
  readonly process: Supervised;
  readonly logFile: string;
  readonly port: number;
  readonly password: string;
  readonly clock: Clock;
};

class PrivateRedis implements RedisServer {
  readonly url: string;
  readonly port: number;
  readonly logFile: string;
  readonly #process: Supervised;
  readonly #clock: Clock;

  constructor(parts: Parts) {
    this.#process = parts.process;
    this.#clock = parts.clock;
    this.port = parts.port;
    this.logFile = parts.logFile;
    this.url = `redis://:${parts.password}@127.0.0.1:${parts.port}`;
  }

  async start(): Promise<void> {
    const starting = { name: 'Redis', process: this.#process, logFile: this.logFile, clock: this.#clock };
    await startUntilReady({ ...starting, readyWithinMs: READY_WITHIN_MS }, () => this.#isReady());
  }

  stop(): Promise<void> {
    return this.#process.end('SIGTERM');
  }

  kill(): Promise<void> {
    return this.#process.end('SIGKILL');
  }

  pause(): void {
    this.#process.signal('SIGSTOP');
  }

  resume(): void {
    this.#process.signal('SIGCONT');
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }

  // It replies with an error while it loads its data.
  async #isReady(): Promise<boolean> {
    const answers = await askRedis(this.url, ['ping']);
    return answers?.[0] === '+PONG';
  }
}
