// The worker's side of an engine process: started without an environment, one request at a time, killed at any moment.

import { spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { extname, join } from 'node:path';
import type { RowBatch } from '../../../rows/batch.ts';
import { batchOf } from './batch-bytes.ts';
import { EngineEnded, NotOneSelect, ReadInterrupted } from './errors.ts';
import {
  CHANNEL_FD,
  type EngineError,
  type EngineReplies,
  type EngineRequest,
  FRAME,
  HEADER_BYTES,
  MEMORY_SIGNAL,
} from './protocol.ts';

/** The TypeScript file in a checkout, and the built file in a package. */
const MAIN = join(import.meta.dirname, `main${extname(import.meta.filename)}`);
/** Rows become garbage within milliseconds, so small heap spaces keep the process small. */
const NODE_FLAGS = ['--max-semi-space-size=4', '--heap-growing-percent=25'];
/** The output kept of a process before its first reply: enough for an error message. */
const ERROR_CHARACTERS = 2_000;

export type EngineProcess = {
  readonly pid: number | undefined;
  readonly hasEnded: boolean;
  /** Whether a request has not been answered completely. */
  readonly isBusy: boolean;
  send(request: EngineRequest): void;
  /** The next batch; null at the end. @throws EngineEnded, or the engine's error. */
  next(): Promise<RowBatch | null>;
  /** Sends a request with one reply and returns it. @throws EngineEnded, or the engine's error. */
  ask<Asked extends EngineRequest>(request: Asked): Promise<EngineReplies[Asked['do']]>;
  /** Kills the process immediately. */
  end(): void;
  /** Whether the worker stays alive for it. */
  ref(): void;
  unref(): void;
};

/** Starts a process. If that fails, the first request reports it. */
export function startEngineProcess(): EngineProcess {
  const child = spawn(process.execPath, [...NODE_FLAGS, MAIN], {
    cwd: '/',
    env: {},
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  // Created by `stdio` above; missing if this process has no free file descriptor.
  const fourth = child.stdio?.[CHANNEL_FD];
  const channel = fourth instanceof Socket ? fourth : new Socket().destroy();
  const errors = child.stderr instanceof Socket ? child.stderr : null;
  errors?.unref();
  let output = '';
  let hasAnswered = false;
  errors?.setEncoding('utf8').on('data', (text: string) => {
    if (!hasAnswered && output.length < ERROR_CHARACTERS) output += text;
  });
  let hasEnded = false;
  let isBusy = false;
  const exited = Promise.withResolvers<EngineEnded>();
  const ended = (error: EngineEnded) => {
    hasEnded = true;
    exited.resolve(error);
  };
  child.once('error', (error) =>
    ended(new EngineEnded('not started', `it cannot be started (${error.message})`, error)),
  );
  child.once('exit', (code, signal) => ended(endOf(code, signal, hasAnswered ? null : output)));
  // The exit event has the reason.
  channel.on('error', () => undefined);
  const take = taker(channel);

  async function frame(): Promise<{ kind: number; body: Buffer }> {
    const header = await take(HEADER_BYTES);
    const body = header === null ? null : await take(header.readUInt32LE(0));
    if (header === null || body === null) throw await exited.promise;
    hasAnswered = true;
    return { kind: header.readUInt8(HEADER_BYTES - 1), body };
  }

  async function answer(): Promise<RowBatch | { readonly reply: unknown }> {
    const { kind, body } = await frame();
    if (kind === FRAME.batch) return batchOf(body);
    isBusy = false;
    // Written by jsonFrame of the process.
    if (kind === FRAME.error) throw errorOf(JSON.parse(body.toString()) as EngineError);
    return { reply: JSON.parse(body.toString()) };
  }

  const self: EngineProcess = {
    pid: child.pid,
    get hasEnded() {
      return hasEnded;
    },
    get isBusy() {
      return isBusy;
    },
    send(request) {
      if (isBusy) throw new Error('the engine has not replied yet');
      isBusy = true;
      channel.write(`${JSON.stringify(request)}\n`);
    },
    async next() {
      const answered = await answer();
      return 'reply' in answered ? null : answered;
    },
    async ask<Asked extends EngineRequest>(request: Asked) {
      self.send(request);
      const answered = await answer();
      const reply = 'reply' in answered ? answered.reply : null;
      return reply as EngineReplies[Asked['do']]; // by the protocol
    },
    end() {
      ended(new EngineEnded('killed', 'it was stopped'));
      child.kill('SIGKILL');
      channel.destroy();
    },
    ref() {
      child.ref();
      channel.ref();
    },
    unref() {
      child.unref();
      channel.unref();
    },
  };
  return self;
}

/** Reads exactly `bytes` bytes; null if the channel ends first. Never reads more than requested. */
function taker(channel: Socket): (bytes: number) => Promise<Buffer | null> {
  let wake: () => void = () => undefined;
  // Added once: a new listener is called immediately if there is any data.
  for (const event of ['readable', 'end', 'close']) channel.on(event, () => wake());
  return async (bytes) => {
    for (;;) {
      const found: Buffer | null = channel.read(bytes);
      if (found !== null) return found.length === bytes ? found : null;
      if (channel.readableEnded || channel.destroyed) return null;
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      await promise;
    }
  };
}

function errorOf({ kind, message }: EngineError): Error {
  if (kind === 'not-one-select') return new NotOneSelect(message);
  return kind === 'interrupted' ? new ReadInterrupted(message) : new Error(message);
}

function endOf(code: number | null, signal: NodeJS.Signals | null, output: string | null): EngineEnded {
  if (signal === MEMORY_SIGNAL) return new EngineEnded('memory', 'it needs more memory than its limit');
  if (signal === 'SIGKILL') {
    return new EngineEnded('killed', 'its process was killed (SIGKILL), probably because memory ran out');
  }
  if (output !== null) {
    const line = output.split('\n').find((each) => /error/i.test(each)) ?? `code ${code}`;
    return new EngineEnded('not started', `its process cannot be started (${line.trim()})`, new Error(output));
  }
  return new EngineEnded('crash', `its process crashed (${signal ?? `code ${code}`})`);
}
