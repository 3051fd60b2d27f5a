// A private PgBouncer in front of a Postgres, on a free port of 127.0.0.1. It has one server connection per database, so that
// a client gets the session that the previous client left.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../core/clock.ts';
import { findProgram, serverEnvironment } from './environment.ts';
import { freePort } from './free-port.ts';
import { makePrivateFolder, restrictTo } from './private-folder.ts';
import { supervised } from './supervised.ts';
import { serverUser } from './unprivileged-user.ts';
import { answersOn, startUntilReady } from './until-ready.ts';

/** A private PgBouncer. */
export interface PgbouncerServer extends AsyncDisposable {
  /** The URL of the same database, user and password through PgBouncer. */
  through(url: string): string;
}

export type PoolMode = 'transaction' | 'session';

const READY_WITHIN_MS = 30_000;

/** The PgBouncer of this machine; null if there is none. */
export function pgbouncerProgram(): string | null {
  return findProgram(['pgbouncer']);
}

/** Starts a private PgBouncer in front of the server at `url`. It always ends with this process. */
export async function startPgbouncer(program: string, url: string, poolMode: PoolMode): Promise<PgbouncerServer> {
  const user = serverUser();
  const folder = makePrivateFolder('pgbouncer', user);
  const port = await freePort();
  const logFile = join(folder, 'pgbouncer.log');
  const configuration = join(folder, 'pgbouncer.ini');
  const server = new URL(url);
  writeFileSync(
    join(folder, 'users.txt'),
    `"${decodeURIComponent(server.username)}" "${decodeURIComponent(server.password)}"\n`,
  );
  writeFileSync(configuration, configurationOf({ folder, port, server, poolMode }));
  restrictTo(folder, user);
  const process = await supervised({
    command: program,
    args: [configuration],
    environment: serverEnvironment(folder),
    user,
    logFile,
    stopSignal: 'SIGTERM',
    temporaryFolder: folder,
  });
  try {
    const starting = { name: 'PgBouncer', process, logFile, clock: systemClock, readyWithinMs: READY_WITHIN_MS };
    await startUntilReady(starting, () => answersOn(port, 'connect'));
  } catch (error) {
    await process[Symbol.asyncDispose]();
    throw error;
  }
  return {
    through(direct) {
      const own = new URL(direct);
      own.port = String(port);
      return own.href;
    },
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  };
}

type Parts = { readonly folder: string; readonly port: number; readonly server: URL; readonly poolMode: PoolMode };

function configurationOf({ folder, port, server, poolMode }: Parts): string {
  return `[databases]
* = host=127.0.0.1 port=${server.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = md5
auth_file = ${join(folder, 'users.txt')}
pool_mode = ${poolMode}
default_pool_size = 1
`;
}
