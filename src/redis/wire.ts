// Commands and replies over a socket on which the driver has connected and logged in.
//
// The driver creates a command, a promise and several objects for each reply. A read of 100 entities in 3 views has 300
// replies, and took twice the time with them.

import type { Socket } from 'node:net';
import { isTlsCode, tlsProblem } from '../core/tls-error.ts';
import { openReplies, type RedisReply, ReplyError } from './replies.ts';

export type Wire = {
  /**
   * Sends the bytes of so many commands, at least one. Resolves with their replies in order. The bytes may be changed once
   * it resolves.
   *
   * @throws ReplyError the first error among the replies; without one, Error if the connection ends before all have arrived
   */
  exchange(bytes: Uint8Array, commands: number): Promise<RedisReply[]>;
  /** Ends it: what is pending rejects. */
  end(): void;
};

type Pending = {
  readonly replies: RedisReply[];
  readonly commands: number;
  error: ReplyError | null;
  received: number;
  resolve(replies: RedisReply[]): void;
  reject(error: Error): void;
};

/** From now on, only the wire uses the socket: the driver must not. */
export function openWire(socket: Socket): Wire {
  const pending: Pending[] = [];
  let ended: Error | null = null;
  const end = (reason: Error) => {
    ended ??= reason;
    socket.destroy();
    for (const one of pending.splice(0)) one.reject(one.error ?? ended);
  };
  const replies = openReplies((reply) => {
    const [first] = pending;
    if (first === undefined) return end(new Error('it sent a reply without a command'));
    if (reply instanceof ReplyError) first.error ??= reply;
    else first.replies.push(reply);
    first.received += 1;
    if (first.received < first.commands) return;
    pending.shift();
    if (first.error === null) first.resolve(first.replies);
    else first.reject(first.error);
  });
  socket.removeAllListeners('data');
  socket.on('data', (bytes: Buffer) => {
    try {
      replies.add(bytes);
    } catch (error) {
      end(error instanceof Error ? error : new Error(String(error)));
    }
  });
  socket.on('error', (error) => end(isOfTls(error) ? closed(error) : error));
  socket.once('close', () => end(closed()));
  return {
    exchange: (bytes, commands) =>
      new Promise((resolve, reject) => {
        if (ended !== null || !socket.writable) return reject(ended ?? closed());
        pending.push({ replies: [], commands, error: null, received: 0, resolve, reject });
        socket.write(bytes);
      }),
    end: () => end(closed()),
  };
}

/** A damaged record, for example. The server's certificate was accepted, so a new connection may work. */
function isOfTls(error: Error): boolean {
  return tlsProblem(error) !== null || ('code' in error && isTlsCode(String(error.code)));
}

function closed(cause?: Error): Error {
  return new Error('Connection is closed.', { cause });
}
