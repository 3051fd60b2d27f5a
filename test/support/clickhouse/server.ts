// Starts the HTTP server over chdb (http-server.ts) in its own process.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chdbFolder } from './chdb.ts';

export interface ClickhouseServer extends AsyncDisposable {
  /** `clickhouse://127.0.0.1:PORT/`, for the user `default`. */
  readonly url: string;
  /** Kills the process; its tables are lost. */
  kill(): Promise<void>;
  /** Stops answering, as a frozen process does. */
  pause(): void;
  resume(): void;
}

const SCRIPT = join(import.meta.dirname, 'http-server.ts');

export async function startClickhouse(): Promise<ClickhouseServer> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-clickhouse-'));
  const child = spawn(process.execPath, [SCRIPT, await chdbFolder(), folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  const port = await firstLine(child);
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  return {
    url: `clickhouse://127.0.0.1:${port}/`,
    kill,
    pause: () => child.kill('SIGSTOP'),
    resume: () => child.kill('SIGCONT'),
    [Symbol.asyncDispose]: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the server has no output');
  for await (const line of createInterface(child.stdout)) return line;
  throw new Error('the ClickHouse server of the tests did not start');
}
