// The client of a supervisor process: starts and signals one private server, and learns when it has ended.

import { fork } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Failure } from '../core/failure.ts';
import { endLeftovers } from './leftovers.ts';
import type { Order, ServerCommand, SupervisorEvent } from './supervisor.ts';

/** A server that cannot outlive this process. It can be started again after it has ended. */
export interface Supervised extends AsyncDisposable {
  /** Null while it does not run. */
  readonly pid: number | null;
  /** Resolves when the process runs, not when the server is ready. */
  start(): Promise<void>;
  /** Sends the signal and resolves when the server has ended; immediately if it is not running. */
  end(signal: NodeJS.Signals): Promise<void>;
  /** Sends a signal that the server survives, such as SIGSTOP, SIGCONT or SIGHUP. */
  signal(signal: NodeJS.Signals): void;
}

let leftovers: Promise<number> | null = null;

/** Starts the supervisor of a server, but not the server itself. The first call also ends servers left by killed processes. */
export async function supervised(command: ServerCommand): Promise<Supervised> {
  leftovers ??= endLeftovers();
  await leftovers;
  return new SupervisedServer(command);
}

class SupervisedServer implements Supervised {
  pid: number | null = null;
  readonly #child;
  #waiting: ((event: SupervisorEvent) => void)[] = [];

  constructor(command: ServerCommand) {
    // Both files are TypeScript in a checkout, and JavaScript in the package.
    const program = fileURLToPath(new URL(`./supervisor${extname(import.meta.url)}`, import.meta.url));
    const log = openSync(command.logFile, 'a', 0o600);
    this.#child = fork(program, [JSON.stringify(command)], {
      detached: true,
      // Errors of the supervisor go to the log of the server.
      stdio: ['ignore', 'ignore', log, 'ipc'],
      execArgv: ['--no-warnings'],
    });
    closeSync(log);
    this.#child.on('message', (event: SupervisorEvent) => this.#receive(event));
    this.#child.once('exit', () => this.#receive({ event: 'exited', how: 'its supervisor ended' }));
    this.#child.once('error', (error) => this.#receive({ event: 'exited', how: error.message }));
    // A running server does not keep this process alive.
    this.#child.unref();
    this.#child.channel?.unref();
  }

  async start(): Promise<void> {
    const event = await this.#send({ order: 'start' });
    if (event.event === 'exited') throw new Failure('SERVER_MISSING', `A private server did not start: ${event.how}.`);
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.pid !== null) await this.#send({ order: 'signal', signal });
  }

  signal(signal: NodeJS.Signals): void {
    // Sent directly, so that the signal is sent when this returns.
    if (this.pid !== null) process.kill(this.pid, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || !this.#child.connected) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#child.ref();
    this.#child.once('exit', () => resolve());
    this.#child.disconnect();
    await promise;
  }

  #send(order: Order): Promise<SupervisorEvent> {
    // A pending reply keeps this process alive.
    this.#child.channel?.ref();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#child.send(order, (error) => {
        if (error !== null) this.#receive({ event: 'exited', how: error.message });
      });
    });
  }

  #receive(event: SupervisorEvent): void {
    this.pid = event.event === 'started' ? event.pid : null;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve(event);
    this.#child.channel?.unref();
  }
}
