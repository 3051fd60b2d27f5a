// The servers of `millrace dev --local`. Their data and addresses are kept in the project's `.millrace/`.

import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../core/clock.ts';
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

const FILE = 'servers.json';
const RELEASED_WITHIN_MS = 3_000;
const POLL_MS = 50;

/** Starts the servers of the project in `projectFolder`, with the data and, if free, the ports of last time. */
export async function startLocalServers(projectFolder: string): Promise<LocalServers> {
  const user = serverUser();
  const own = join(projectFolder, '.millrace');
  mkdirSync(own, { recursive: true });
  const dataFolder = dataFolderOf(own, user);
  const known = knownAddresses(own);
  await portsReleased(known);
  await requireUnused(dataFolder);
  const addresses = await newAddresses(own, known);
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
    text`"${command('millrace dev --local')}" is already running for this project: use the export lines that it printed, or stop it.`,
  );
}

function knownAddresses(own: string): Addresses | null {
  const file = join(own, FILE);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Addresses) : null; // written below
}

/** Gives the servers of a process that was just killed the time to end: two servers must not share data. */
async function portsReleased(known: Addresses | null): Promise<void> {
  if (known === null) return;
  for (const port of [known.postgresPort, known.queuePort, known.onlinePort]) {
    for (let waited = 0; waited < RELEASED_WITHIN_MS && !(await isFree(port)); waited += POLL_MS) {
      await systemClock.sleep(POLL_MS);
    }
  }
}

// Ports that are now taken are replaced; the password stays the one that the data was created with.
async function newAddresses(own: string, known: Addresses | null): Promise<Addresses> {
  const file = join(own, FILE);
  const portOf = async (port: number | undefined) => (port !== undefined && (await isFree(port)) ? port : freePort());
  const addresses: Addresses = {
    password: known?.password ?? randomBytes(12).toString('hex'),
    postgresPort: await portOf(known?.postgresPort),
    queuePort: await portOf(known?.queuePort),
    onlinePort: await portOf(known?.onlinePort),
  };
  // Never half of it: the data of the servers cannot be read without the password.
  writeFileSync(`${file}.new`, `${JSON.stringify(addresses, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
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
