// A project with its own folder and stores, and commands on it: in this process, which is quick, or as a separate process.

import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../../src/cli/main.ts';
import { openTerminal } from '../../src/cli/output/terminal.ts';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import type { Database } from '../../src/postgres/database.ts';
import { afterFile } from '../support/after-file.ts';
import { openTestDatabase } from '../support/database.ts';
import { freshRedis, migratedDatabase } from '../support/servers.ts';

const BIN = fileURLToPath(new URL('../../bin/millrace.mjs', import.meta.url));

export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

export type CommandWorld = {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly database: Database;
  /** Runs a command in the folder, in this process; arguments are separated by spaces. */
  millrace(words: string, env?: Readonly<Record<string, string | undefined>>): Promise<Ended>;
  /** Starts the real command in the folder. */
  start(words: string): Started;
  write(files: Readonly<Record<string, string>>): Promise<void>;
};

export type Started = {
  readonly pid: number | undefined;
  readonly output: () => string;
  readonly ended: Promise<Ended>;
  kill(signal: NodeJS.Signals): void;
};

export const CONFIG = `project: shop
offline: { url: "\${MILLRACE_OFFLINE_URL}" }
online: { url: "\${MILLRACE_ONLINE_URL}" }
queue: { url: "\${MILLRACE_QUEUE_URL}" }
sources:
  shop: { url: "\${SHOP_DATABASE_URL}" }
  lake: { url: "file:./lake" }
`;

/** Two days of a snapshot view over the table `spend`. */
export const SPEND = `name: spend
entity: customer
source: shop
kind: snapshot
interval: 1d
start: 2026-01-01
end: 2026-01-03
type: float
query: select entity_id, value, {{end}} as timestamp from spend
`;

export const NIGHTLY = `name: nightly
cron: "15 3 * * *"
views: [spend]
`;

const PROJECT = { 'millrace.yaml': CONFIG, 'features/spend.yaml': SPEND, 'jobs/nightly.yaml': NIGHTLY };

/** A folder with these files, and nothing else. */
export async function projectFolder(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-cli-'));
  afterFile(() => rm(folder, { recursive: true, force: true }));
  await writeAll(folder, files);
  return folder;
}

/**
 * A project with one view over the table `spend` of two customers, unless `files` are given. The database has Millrace's
 * tables, unless another `database` is given.
 */
export async function openCommandWorld(
  files: Readonly<Record<string, string>> = {},
  database?: string,
): Promise<CommandWorld> {
  const url = database ?? (await migratedDatabase());
  const folder = await projectFolder({ ...PROJECT, ...files });
  const opened = openTestDatabase(url);
  afterFile(async () => opened[Symbol.asyncDispose]());
  await opened.run('create table spend (entity_id text, value float8)');
  await opened.run(`insert into spend values ('ada', 1.5), ('bob', 2)`);
  const env = {
    MILLRACE_OFFLINE_URL: url,
    MILLRACE_ONLINE_URL: await freshRedis('online'),
    MILLRACE_QUEUE_URL: await freshRedis('queue'),
    SHOP_DATABASE_URL: url,
  };
  return {
    folder,
    env,
    database: opened,
    millrace: (words, extra = {}) => performMillrace(folder, words, { ...env, ...extra }),
    start: (words) => startMillrace(folder, words, env),
    write: (more) => writeAll(folder, more),
  };
}

/** Runs a command in this process, which changes to the folder: one at a time. */
export async function performMillrace(
  folder: string,
  words: string,
  env: Readonly<Record<string, string | undefined>> = {},
  clock: Clock = systemClock,
): Promise<Ended> {
  const kept = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  const before = process.cwd();
  process.chdir(folder);
  try {
    const code = await runCommand(argumentsOf(words), { terminal: openTerminal(env, kept), env, clock });
    return { code, stdout: String(kept.stdout.read() ?? ''), stderr: String(kept.stderr.read() ?? '') };
  } finally {
    process.chdir(before);
  }
}

function argumentsOf(words: string): string[] {
  return words.split(' ').filter((word) => word !== '');
}

/** Runs the real command as a process in a folder, without Millrace's variables of this process's environment. */
export function startMillrace(
  folder: string,
  words: string,
  env: Readonly<Record<string, string | undefined>> = {},
): Started {
  // The flag is that of its first line.
  const child = spawn(
    process.execPath,
    ['--max-semi-space-size=16', '--heap-growing-percent=25', BIN, ...argumentsOf(words)],
    {
      cwd: folder,
      env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'], TZ: 'UTC', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
  afterFile(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return { pid: child.pid, output: () => stdout, ended, kill: (signal) => void child.kill(signal) };
}

async function writeAll(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [file, text] of Object.entries(files)) {
    await mkdir(join(folder, dirname(file)), { recursive: true });
    await writeFile(join(folder, file), text, { mode: 0o600 });
  }
}
