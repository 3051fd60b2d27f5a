// One request and its response. Every wait has a deadline, and an abort closes the socket.

import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { safe } from '../../core/message.ts';
import { HttpProblem } from './problem.ts';
import { type Exchanging, newWatchdog, send } from './send.ts';

export type HttpResponse = {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** Whether a body that is cut off is an error. It is not if the end of the connection ends it. */
  readonly isDelimited: boolean;
  /** The body, decompressed. */
  readonly body: AsyncIterable<Buffer>;
};

/**
 * The result of `read`, which reads all that it needs of the response, and has ended when this does.
 *
 * @throws HttpProblem or a network error; the signal's reason.
 */
export async function exchange<T>(
  options: Exchanging,
  url: URL,
  signal: AbortSignal,
  read: (response: HttpResponse) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  using watchdog = newWatchdog(options, signal);
  const sent = send(options, url, watchdog);
  try {
    const answer = await sent.response();
    return await readOr(sent.failed, read(responseOf(answer, watchdog.heard)), answer);
  } catch (error) {
    signal.throwIfAborted();
    throw watchdog.signal.aborted ? watchdog.signal.reason : error;
  } finally {
    sent.end();
  }
}

/** After a failure, also waits until the reading has ended, because it must not store rows while the next attempt does. */
async function readOr<T>(failed: Promise<never>, reading: Promise<T>, response: IncomingMessage): Promise<T> {
  try {
    return await Promise.race([reading, failed]);
  } catch (error) {
    response.destroy(error instanceof Error ? error : undefined);
    await Promise.allSettled([reading]);
    throw error;
  }
}

function responseOf(answer: IncomingMessage, heard: () => void): HttpResponse {
  const { statusCode: status = 0, headers } = answer;
  const isDelimited =
    headers['content-length'] !== undefined || /\bchunked$/i.test(headers['transfer-encoding']?.trim() ?? '');
  return { status, headers, isDelimited, body: bodyOf(answer, heard) };
}

async function* bodyOf(answer: IncomingMessage, heard: () => void): AsyncGenerator<Buffer> {
  const received = heardChunks(answer, heard);
  const encoding = answer.headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity' || encoding === '') {
    yield* received;
    return;
  }
  if (encoding !== 'gzip' && encoding !== 'x-gzip') {
    throw new HttpProblem('refused', safe(`the response has the encoding ${encoding}; expected gzip or none`));
  }
  answer.on('data', heard);
  // Unlike pipe, it passes on errors, also of a response that was destroyed before.
  yield* pipeline(answer, createGunzip(), () => undefined);
}

async function* heardChunks(answer: IncomingMessage, heard: () => void): AsyncGenerator<Buffer> {
  for await (const chunk of answer) {
    heard();
    yield chunk;
  }
}
