// A program that answers one line with one line, both JSON. It runs in its own process, so that its memory and processor
// time are its own, and stays alive between requests, so that its start is not measured.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export type LineProcess = AsyncDisposable & {
  readonly pid: number;
  /** Sends a request and returns its reply; one at a time. @throws Error with the program's message, or if it ends. */
  ask<Reply>(request: object): Promise<Reply>;
  /** Ends it immediately. */
  kill(): void;
};

export type LineProcessOptions = {
  readonly folder?: string;
  readonly environment?: Readonly<Record<string, string>>;
};

const KEPT_CHARACTERS = 4_000;

export function openLineProcess(program: string, args: readonly string[], options: LineProcessOptions): LineProcess {
  const child = spawn(program, args, {
    cwd: options.folder,
    env: { ...process.env, ...options.environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let written = '';
  let waiting: PromiseWithResolvers<string> | null = null;
  const ended = Promise.withResolvers<void>();
  const end = (why: string) => {
    waiting?.reject(new Error(`${program} ended (${why}): ${written}`));
    ended.resolve();
  };
  child.stderr.on('data', (chunk: Buffer) => {
    written = (written + chunk.toString()).slice(-KEPT_CHARACTERS);
  });
  createInterface({ input: child.stdout }).on('line', (line) => waiting?.resolve(line));
  child.once('error', (error) => end(error.message));
  child.once('exit', (code, signal) => end(`${code ?? signal}`));
  return {
    pid: child.pid ?? 0,
    async ask<Reply>(request: object) {
      waiting = Promise.withResolvers<string>();
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const reply: { error?: string } = JSON.parse(await waiting.promise);
      if (reply.error !== undefined) throw new Error(reply.error);
      return reply as Reply; // the caller knows what its request returns
    },
    kill: () => void child.kill('SIGKILL'),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended.promise;
    },
  };
}
