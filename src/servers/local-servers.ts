// The servers of `millrace dev --local`. Their data and addresses are kept in the project's `.millrace/`.

import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../core/failure.ts';
import { command, text } from '../core/message.ts';
import { freePort, isFree } from './free-port.ts';
import { type PostgresServer, startPostgres } from './postgres-server.ts';
import { restrictTo } from './private-folder.ts';
import { identify } from './process-identity.ts';
import { type RedisServer, startRedis } from './redis-server.ts';
import { isOpenTo, type SystemUser, serverUser } from './unprivileged-user.ts';

/** Postgres, and one Redis each for the queue and the online store. Disposing stops them; their data stays. */
export interface LocalServers extends AsyncDisposable {
  readonly postgres: PostgresServer;
  readonly queue: RedisServer;
  readonly online: RedisServer;
  /** The folder of the data: `<project>/.millrace`, or the target of a link in there. */
  readonly dataFolder: string;
}

/** Kept, so that URLs stay valid between starts. */
type Addresses = {
  readonly password: string;
  readonly postgresPort: number;
  readonly queuePort: number;
  readonly onlinePort: number;
};

/** Starts the servers of the project in `projectFolder`, with the data and, if free, the ports of last time. */
export async function startLocalServers(projectFolder: string): Promise<LocalServers> {
  const user = serverUser();
  const own = join(projectFolder, '.millrace');
  mkdirSync(own, { recursive: true });
  const dataFolder = dataFolderOf(own, user);
  await requireUnused(dataFolder);
  const addresses = await addressesIn(own);
  const folderOf = (name: string) => {
    const folder = join(dataFolder, name);
    mkdirSync(folder, { recursive: true });
    restrictTo(folder, user);
    return folder;
  };

  const { password } = addresses;
  await using started = new AsyncDisposableStack();
  const postgres = started.use(
    await startPostgres({ folder: folderOf('postgres'), port: addresses.postgresPort, password }),
  );
  const queue = started.use(
    await startRedis({ folder: folderOf('redis-queue'), port: addresses.queuePort, password, appendonly: 'yes' }),
  );
  const online = started.use(
    await startRedis({ folder: folderOf('redis-online'), port: addresses.onlinePort, password, appendonly: 'yes' }),
  );
  const servers = started.move();
  return { postgres, queue, online, dataFolder, [Symbol.asyncDispose]: () => servers.disposeAsync() };
}

/** @throws Failure ARGUMENT_INVALID if another process has started the servers of this folder. */
async function requireUnused(dataFolder: string): Promise<void> {
  const file = join(dataFolder, 'postgres', 'data', 'postmaster.pid');
  if (!existsSync(file)) return;
  const [pid = '', , , port = ''] = readFileSync(file, 'utf8').split('\n');
  // After a crash the file remains and its pid may belong to another process by now, but not its port as well.
  if (identify(Number(pid)) === null || (await isFree(Number(port)))) return;
  throw new Failure(
    'ARGUMENT_INVALID',
    text`"${command('millrace dev --local')}" is already running for this project: use the exports it printed, or stop it.`,
  );
}

// Ports that are now taken are replaced; the password stays the one that the data was created with.
async function addressesIn(own: string): Promise<Addresses> {
  const file = join(own, 'servers.json');
  const known = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Addresses) : null; // written below
  const portOf = async (port: number | undefined) => (port !== undefined && (await isFree(port)) ? port : freePort());
  const addresses: Addresses = {
    password: known?.password ?? randomBytes(12).toString('hex'),
    postgresPort: await portOf(known?.postgresPort),
    queuePort: await portOf(known?.queuePort),
    onlinePort: await portOf(known?.onlinePort),
  };
  writeFileSync(file, `${JSON.stringify(addresses, null, 2)}\n`, { mode: 0o600 });
  return addresses;
}

/** `own`; if the account of the servers cannot access it, a folder in /var/tmp to which `own/data` links. */
function dataFolderOf(own: string, user: SystemUser | null): string {
  const real = realpathSync(own);
  if (isOpenTo(user, real)) return real;
  const folder = join('/var/tmp', `millrace-${createHash('sha256').update(real).digest('hex').slice(0, 16)}`);
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  if (lstatSync(folder).uid !== process.getuid?.()) {
    throw new Failure(
      'SERVER_MISSING',
      `${folder}, the data folder of this project, belongs to another user: remove it.`,
    );
  }
  const link = join(own, 'data');
  rmSync(link, { force: true });
  symlinkSync(folder, link);
  return folder;
}
