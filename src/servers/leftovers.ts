// Orphaned servers and their folders, left when a process and its supervisors were killed together. Each supervisor keeps a
// file about its server in one folder; the next process reads these files and ends orphaned servers.

import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../core/clock.ts';
import { isAlive, type ProcessIdentity, processNamespace } from './process-identity.ts';

/** A supervisor's record of the server it started. */
export type ServerRecord = {
  readonly namespace: string;
  readonly supervisor: ProcessIdentity;
  /** Null while it is stopped. */
  readonly server: ProcessIdentity | null;
  readonly stopSignal: NodeJS.Signals;
  /** Deleted with the server; null when its data is kept. */
  readonly temporaryFolder: string | null;
};

const TIMEOUT_MS = 5_000;
const POLL_MS = 20;

/** Writes the record of a supervisor atomically: a reader never sees half of it. */
export function writeRecord(record: ServerRecord): void {
  const folder = recordFolder();
  if (folder === null) return;
  const file = recordFile(folder, record);
  writeFileSync(`${file}.new`, JSON.stringify(record));
  renameSync(`${file}.new`, file);
}

export function removeRecord(record: ServerRecord): void {
  const folder = recordFolder();
  if (folder !== null) rmSync(recordFile(folder, record), { force: true });
}

/** Ends servers without a supervisor and deletes their temporary folders; returns how many records it cleared. */
export async function endLeftovers(): Promise<number> {
  const folder = recordFolder();
  if (folder === null) return 0;
  let cleared = 0;
  for (const name of readdirSync(folder).filter((entry) => entry.endsWith('.json'))) {
    const record = readRecord(join(folder, name));
    // A running supervisor ends its server itself; a pid from another container is meaningless here.
    if (record === null || record.namespace !== processNamespace() || isAlive(record.supervisor)) continue;
    if (record.server !== null) await end(record.server, record.stopSignal);
    if (record.temporaryFolder !== null)
      rmSync(record.temporaryFolder, { recursive: true, force: true, maxRetries: 5 });
    rmSync(join(folder, name), { force: true });
    cleared += 1;
  }
  return cleared;
}

async function end(server: ProcessIdentity, stopSignal: NodeJS.Signals): Promise<void> {
  for (const signal of [stopSignal, 'SIGKILL'] as const) {
    if (!isAlive(server)) return;
    process.kill(server.pid, signal);
    for (let waited = 0; waited < TIMEOUT_MS && isAlive(server); waited += POLL_MS) await systemClock.sleep(POLL_MS);
  }
}

// The name can be guessed, and the records decide what we kill: trust only a folder that no other user can write to.
function recordFolder(): string | null {
  const uid = process.getuid?.() ?? 0;
  const folder = join(tmpdir(), `millrace-servers-${uid}`);
  mkdirSync(folder, { mode: 0o700, recursive: true });
  const found = lstatSync(folder);
  const isOurs = found.isDirectory() && found.uid === uid && (found.mode & 0o077) === 0;
  return isOurs || process.platform === 'win32' ? folder : null;
}

function recordFile(folder: string, record: ServerRecord): string {
  return join(folder, `${record.supervisor.pid}.json`);
}

function readRecord(file: string): ServerRecord | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ServerRecord; // only writeRecord writes there
  } catch {
    return null; // another process has just cleared it
  }
}
