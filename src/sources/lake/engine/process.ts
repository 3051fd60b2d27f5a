// An engine process as its worker sees it: started without an environment, asked one thing at a time, ended at any moment.

import { spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { extname, join } from 'node:path';
import type { RowBatch } from '../../../rows/batch.ts';
import { batchOf } from './batch-bytes.ts';
import { EngineEnded, NotOneSelect, ReadInterrupted } from './errors.ts';
import {
  CHANNEL_FD,
  type EngineError,
  type EngineReply,
  type EngineRequest,
  FRAME,
  HEADER_BYTES,
  MEMORY_SIGNAL,
} from './protocol.ts';

/** The source in a checkout, what was built of it in a package. */
const MAIN = join(import.meta.dirname, `main${extname(import.meta.filename)}`);
/** Rows are garbage within milliseconds: little room for them keeps the process small. */
const NODE_FLAGS = ['--max-semi-space-size=8', '--heap-growing-percent=25'];
/** Of what a process says before it can answer: enough for the first error. */
const ERROR_CHARACTERS = 2_000;

export type EngineProcess = {
  readonly pid: number | undefined;
  readonly hasEnded: boolean;
  /** Whether something was asked and is not answered to its end. */
  readonly isBusy: boolean;
  send(request: EngineRequest): void;
  /** The next batch of what was asked; null at its end. @throws EngineEnded, or what the engine said. */
  next(): Promise<RowBatch | null>;
  /** Sends a request of one answer, and gives it. @throws EngineEnded, or what the engine said. */
  ask(request: EngineRequest): Promise<EngineReply>;
  /** At once, whatever it computes. */
  end(): void;
  /** Whether this process waits for it. */
  hold(): void;
  letGo(): void;
};

/** Starts a process; that it could not be started is said by the first request. */
export function startEngineProcess(): EngineProcess {
  const child = spawn(process.execPath, [...NODE_FLAGS, MAIN], {
    cwd: '/',
    env: {},
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  // By `stdio` above; there is none where this process has no file descriptor left.
  const channel = (child.stdio?.[CHANNEL_FD] as Socket | undefined) ?? new Socket().destroy();
  const errors = child.stderr as Socket | null; // by `stdio`, too
  errors?.unref();
  let said = '';
  let hasAnswered = false;
  errors?.setEncoding('utf8').on('data', (text: string) => {
    if (!hasAnswered && said.length < ERROR_CHARACTERS) said += text;
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
  child.once('exit', (code, signal) => ended(endOf(code, signal, hasAnswered ? null : said)));
  // Its end says why.
  channel.on('error', () => undefined);
  const take = taker(channel);

  async function frame(): Promise<{ kind: number; body: Buffer }> {
    const header = await take(HEADER_BYTES);
    const body = header === null ? null : await take(header.readUInt32LE(0));
    if (header === null || body === null) throw await exited.promise;
    hasAnswered = true;
    return { kind: header.readUInt8(HEADER_BYTES - 1), body };
  }

  async function answer(): Promise<RowBatch | { readonly reply: EngineReply }> {
    const { kind, body } = await frame();
    if (kind === FRAME.batch) return batchOf(body);
    isBusy = false;
    // Both by jsonFrame of the process.
    if (kind === FRAME.error) throw errorOf(JSON.parse(body.toString()) as EngineError);
    return { reply: JSON.parse(body.toString()) as EngineReply };
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
      if (isBusy) throw new Error('the engine has not answered yet');
      isBusy = true;
      channel.write(`${JSON.stringify(request)}\n`);
    },
    async next() {
      const answered = await answer();
      return 'reply' in answered ? null : answered;
    },
    async ask(request) {
      self.send(request);
      const answered = await answer();
      return 'reply' in answered ? answered.reply : null;
    },
    end() {
      ended(new EngineEnded('killed', 'it was ended'));
      child.kill('SIGKILL');
      channel.destroy();
    },
    hold() {
      child.ref();
      channel.ref();
    },
    letGo() {
      child.unref();
      channel.unref();
    },
  };
  return self;
}

/** Gives so many bytes at a time; null where the channel ends before. Takes nothing out of it that was not asked for. */
function taker(channel: Socket): (bytes: number) => Promise<Buffer | null> {
  let wake: () => void = () => undefined;
  // Added once: whoever adds a listener while something has come is called at once, however little it is.
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
  return kind === 'broken-off' ? new ReadInterrupted(message) : new Error(message);
}

function endOf(code: number | null, signal: NodeJS.Signals | null, said: string | null): EngineEnded {
  if (signal === MEMORY_SIGNAL) return new EngineEnded('memory', 'it needs more memory than it may have');
  if (signal === 'SIGKILL') {
    return new EngineEnded('killed', 'its process was killed (SIGKILL), probably because memory ran out');
  }
  if (said !== null) {
    const line = said.split('\n').find((each) => /error/i.test(each)) ?? `code ${code}`;
    return new EngineEnded('not started', `its process cannot be started (${line.trim()})`, new Error(said));
  }
  return new EngineEnded('crash', `its process crashed (${signal ?? `code ${code}`})`);
}
