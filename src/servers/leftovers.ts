// What is left when everything of a run was killed at once: servers without anybody who stops them, and their folders.
// Each supervisor keeps a file about its server in one folder; the next run reads them and ends what has been orphaned.

import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../core/clock.ts';
import { isAlive, type ProcessIdentity, processNamespace } from './process-identity.ts';

/** What a supervisor writes down about the server that it has started. */
export type ServerRecord = {
  readonly namespace: string;
  readonly supervisor: ProcessIdentity;
  /** Null while it is stopped. */
  readonly server: ProcessIdentity | null;
  readonly stopSignal: NodeJS.Signals;
  /** Deleted with the server; null when its data is kept. */
  readonly temporaryFolder: string | null;
};

const PATIENCE_MS = 5_000;
const LOOK_EVERY_MS = 20;

/** Writes the record of a supervisor, in one step: a reader never meets half of it. */
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

/** Ends the servers whose supervisor is gone and deletes their temporary folders; returns how many records it cleared. */
export async function endLeftovers(): Promise<number> {
  const folder = recordFolder();
  if (folder === null) return 0;
  let cleared = 0;
  for (const name of readdirSync(folder).filter((entry) => entry.endsWith('.json'))) {
    const record = readRecord(join(folder, name));
    // A living supervisor ends its server itself; a number from another container says nothing here.
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
    for (let waited = 0; waited < PATIENCE_MS && isAlive(server); waited += LOOK_EVERY_MS)
      await systemClock.sleep(LOOK_EVERY_MS);
  }
}

// The name can be guessed, and whoever writes there tells us what to kill: only a folder that is ours alone counts.
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
    return null; // another run has just cleared it
  }
}
