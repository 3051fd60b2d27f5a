// One request and its response. Every wait has a deadline, and an abort closes the socket.

import { once } from 'node:events';
import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, Agent as TlsAgent } from 'node:https';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Clock } from '../../core/clock.ts';
import { formatDuration } from '../../core/duration.ts';
import { safe } from '../../core/message.ts';
import { HttpProblem } from './problem.ts';

export type Exchanging = {
  readonly clock: Clock;
  readonly connectTimeoutMs: number;
  /** How long nothing may arrive. */
  readonly idleTimeoutMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly agents: { readonly http: Agent; readonly https: TlsAgent };
};

export type HttpResponse = {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** Whether a body that is cut off is an error. It is not if the end of the connection ends it. */
  readonly isDelimited: boolean;
  /** The body, decompressed. */
  readonly body: AsyncIterable<Buffer>;
};

export function newAgents(): Exchanging['agents'] {
  return { http: new Agent({ keepAlive: true }), https: new TlsAgent({ keepAlive: true }) };
}

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
  const request = newRequest(options, url, watchdog.signal);
  // Also rejects for bytes after the end of a response.
  const failed = new Promise<never>((_resolve, reject) => request.on('error', reject));
  failed.catch(() => undefined);
  let response: IncomingMessage | null = null;
  try {
    request.end();
    watchdog.watch(request);
    const [answer]: [IncomingMessage] = await Promise.race([
      once(request, 'response') as Promise<[IncomingMessage]>,
      failed,
    ]); // as Node documents it
    response = answer;
    return await readOr(failed, read(responseOf(answer, watchdog.heard)), answer);
  } catch (error) {
    signal.throwIfAborted();
    throw watchdog.signal.aborted ? watchdog.signal.reason : error;
  } finally {
    // A response that was not read to its end would keep its socket.
    if (response?.readableEnded !== true) request.destroy();
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

function newRequest({ headers, agents }: Exchanging, url: URL, signal: AbortSignal): ClientRequest {
  const all = { accept: '*/*', 'accept-encoding': 'gzip', 'user-agent': 'millrace', ...headers };
  return url.protocol === 'https:'
    ? httpsRequest(url, { headers: all, agent: agents.https, signal })
    : httpRequest(url, { headers: all, agent: agents.http, signal });
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

/** Aborts when nothing arrives for too long. */
function newWatchdog({ clock, connectTimeoutMs, idleTimeoutMs }: Exchanging, outer: AbortSignal) {
  const silence = new AbortController();
  const late = (what: string) => silence.abort(new HttpProblem('busy', safe(what)));
  const connecting = `no connection within ${formatDuration(connectTimeoutMs)} (connect_timeout of the source)`;
  const waiting = `nothing arrived for ${formatDuration(idleTimeoutMs)} (idle_timeout of the source)`;
  let timer = clock.after(connectTimeoutMs, () => late(connecting));
  const heard = () => {
    timer[Symbol.dispose]();
    timer = clock.after(idleTimeoutMs, () => late(waiting));
  };
  return {
    signal: AbortSignal.any([outer, silence.signal]),
    heard,
    watch(request: ClientRequest) {
      request.on('socket', (socket) => {
        if (!socket.connecting) heard();
        else socket.once(socket instanceof Object && 'encrypted' in socket ? 'secureConnect' : 'connect', heard);
      });
    },
    [Symbol.dispose]: () => timer[Symbol.dispose](),
  };
}
