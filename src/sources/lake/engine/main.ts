// The entry point of an engine process. It ends with its parent: immediately when the channel closes.

import { writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { systemClock } from '../../../core/clock.ts';
import { messageOf } from '../../../core/failure.ts';
import { duckdbMessage, NotOneSelect, ReadInterrupted } from './errors.ts';
import { memoryWatch } from './memory-watch.ts';
import { CHANNEL_FD, type EngineError, type EngineReply, type EngineRequest, FRAME, HEADER_BYTES } from './protocol.ts';
import { type Session, sessions } from './session.ts';

// This process also gets the signals of a terminal or service manager, but the worker decides when a reading ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

try {
  // If the machine runs out of memory, the kernel should kill this process rather than the worker.
  writeFileSync('/proc/self/oom_score_adj', '1000');
} catch {
  // Not available on this system.
}

const channel = new Socket({ fd: CHANNEL_FD, readable: true, writable: true });
const watch = memoryWatch(systemClock);
const next = sessions();
let session: Session | null = null;

// process.exit() would wait for a busy thread.
const end = () => process.kill(process.pid, 'SIGKILL');
channel.on('end', end);
channel.on('close', end);
channel.on('error', end);

let line = '';
channel.setEncoding('utf8');
channel.on('data', (text: string) => {
  line += text;
  if (!line.endsWith('\n')) return;
  // Written by JSON.stringify of the parent, which waits for the reply before the next request.
  const request = JSON.parse(line) as EngineRequest;
  line = '';
  void answer(request);
});

async function answer(request: EngineRequest): Promise<void> {
  try {
    await send(jsonFrame(FRAME.reply, await done(request)));
  } catch (error) {
    await send(jsonFrame(FRAME.error, errorOf(error)));
  }
}

async function done(request: EngineRequest): Promise<EngineReply> {
  if (request.do === 'open') {
    watch.start(request.memoryLimitMb);
    session = await next.open(request);
    return null;
  }
  if (session === null) throw new Error('no reading is open');
  switch (request.do) {
    case 'run':
      return session.run(request.sql);
    case 'rows':
      return session.rows(request.sql);
    case 'lock':
      return session.lock();
    case 'prepare':
      return session.prepare(request.query, request.zeros);
    case 'read':
      for await (const frame of session.read(request.batchRows)) await send(frame);
      return null;
    case 'texts':
      for await (const frame of session.texts(request)) await send(frame);
      return null;
    case 'close':
      session.close();
      session = null;
      return watch.stop();
  }
}

/** Resolves when the channel has space, so that nothing beyond its buffer is computed ahead of the parent. */
async function send(frame: Buffer): Promise<void> {
  if (channel.write(frame)) return;
  await new Promise<void>((resolve) => channel.once('drain', resolve));
}

function jsonFrame(kind: number, value: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(value));
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(body.length, 0);
  header.writeUInt8(kind, HEADER_BYTES - 1);
  return Buffer.concat([header, body]);
}

function errorOf(error: unknown): EngineError {
  const message = messageOf(error);
  if (error instanceof NotOneSelect) return { kind: 'not-one-select', message };
  if (error instanceof ReadInterrupted) return { kind: 'interrupted', message };
  return { kind: duckdbMessage(error) === null ? 'bug' : 'duckdb', message };
}
