// The program that supervises one private server. It outlives its parent for as long as stopping the server takes.
//
// It has its own session, so that Ctrl-C does not reach the server, and a channel to its parent. When the channel closes, the
// parent is done or dead: then it stops the server, deletes its temporary folder and exits.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, rmSync } from 'node:fs';
import { systemClock } from '../core/clock.ts';
import { removeRecord, type ServerRecord, writeRecord } from './leftovers.ts';
import { identify, processNamespace } from './process-identity.ts';

/** How to run and stop a server. */
export type ServerCommand = {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly user: { readonly uid: number; readonly gid: number } | null;
  readonly logFile: string;
  readonly stopSignal: NodeJS.Signals;
  readonly temporaryFolder: string | null;
};

export type Order = { readonly order: 'start' } | { readonly order: 'signal'; readonly signal: NodeJS.Signals };
export type SupervisorEvent =
  | { readonly event: 'started'; readonly pid: number }
  | { readonly event: 'exited'; readonly how: string };

const KILL_AFTER_MS = 10_000;

function supervise(command: ServerCommand): void {
  let server: ChildProcess | null = null;
  let isEnding = false;

  const self = identify(process.pid) ?? { pid: process.pid, started: '' };
  const record = (): ServerRecord => ({
    namespace: processNamespace(),
    supervisor: self,
    server: server?.pid === undefined ? null : identify(server.pid),
    stopSignal: command.stopSignal,
    temporaryFolder: command.temporaryFolder,
  });

  const report = (event: SupervisorEvent) => {
    if (process.connected) process.send?.(event, () => undefined);
  };

  const start = () => {
    const log = openSync(command.logFile, 'a', 0o600);
    const child = spawn(command.command, command.args, {
      stdio: ['ignore', log, log],
      env: command.environment,
      ...(command.user === null ? {} : command.user),
    });
    closeSync(log);
    server = child;
    child.once('error', (error) => exited(error.message));
    child.once('exit', (code, signal) => exited(signal ?? `exit code ${code}`));
    writeRecord(record());
    if (child.pid !== undefined) report({ event: 'started', pid: child.pid });
  };

  const exited = (how: string) => {
    if (server === null) return;
    server = null;
    if (isEnding) return finish();
    writeRecord(record());
    report({ event: 'exited', how });
  };

  const end = () => {
    if (isEnding) return;
    isEnding = true;
    if (server === null) return finish();
    server.kill(command.stopSignal);
    // A frozen server must be woken up to end.
    server.kill('SIGCONT');
    systemClock.after(KILL_AFTER_MS, () => void server?.kill('SIGKILL'));
  };

  const finish = () => {
    if (command.temporaryFolder !== null)
      rmSync(command.temporaryFolder, { recursive: true, force: true, maxRetries: 5 });
    removeRecord(record());
    process.exit(0);
  };

  process.on('message', (order: Order) => {
    if (order.order === 'start') start();
    else server?.kill(order.signal);
  });
  process.on('disconnect', end);
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, end);
  writeRecord(record());
}

// This file is also imported for its types; it supervises only if it is the main program.
if (import.meta.main) supervise(JSON.parse(process.argv[2] ?? '') as ServerCommand); // supervised.ts wrote it
