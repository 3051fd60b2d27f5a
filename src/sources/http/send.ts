// Sends one request and waits for the beginning of its response, with deadlines.

import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, Agent as TlsAgent } from 'node:https';
import type { Clock } from '../../core/clock.ts';
import { formatDuration } from '../../core/duration.ts';
import { safe } from '../../core/message.ts';
import { HttpProblem } from './problem.ts';

export type Exchanging = {
  readonly clock: Clock;
  readonly connectTimeoutMs: number;
  /** How long nothing may arrive. */
  readonly idleTimeoutMs: number;
  /** Default: GET. */
  readonly method?: 'GET' | 'HEAD';
  readonly headers: Readonly<Record<string, string>>;
  readonly agents: { readonly http: Agent; readonly https: TlsAgent };
};

export function newAgents(): Exchanging['agents'] {
  return { http: new Agent({ keepAlive: true }), https: new TlsAgent({ keepAlive: true }) };
}

/** A response with its headers, and a body that its reader reads to the end or destroys. */
export type OpenResponse = {
  readonly answer: IncomingMessage;
  /** Rejects after a connection error, including bytes after the end of the response. */
  readonly failed: Promise<never>;
};

/** The beginning of a response. The time of its body is not limited. @throws HttpProblem or a network error; the signal's reason. */
export async function openResponse(options: Exchanging, url: URL, signal: AbortSignal): Promise<OpenResponse> {
  signal.throwIfAborted();
  using watchdog = newWatchdog(options, signal);
  const sent = send(options, url, watchdog);
  try {
    const answer = await sent.response();
    // The reader of the body also gets its error.
    answer.on('error', () => undefined);
    return { answer, failed: sent.failed };
  } catch (error) {
    sent.end();
    signal.throwIfAborted();
    throw watchdog.signal.aborted ? watchdog.signal.reason : error;
  }
}

type Watchdog = ReturnType<typeof newWatchdog>;

export function send(options: Exchanging, url: URL, watchdog: Watchdog) {
  const request = newRequest(options, url, watchdog.signal);
  // Also rejects for bytes after the end of a response.
  const failed = new Promise<never>((_resolve, reject) => request.on('error', reject));
  failed.catch(() => undefined);
  let response: IncomingMessage | null = null;
  return {
    failed,
    async response(): Promise<IncomingMessage> {
      request.end();
      watchdog.watch(request);
      const answered = new Promise<IncomingMessage>((resolve) => request.once('response', resolve));
      const answer = await Promise.race([answered, failed]);
      response = answer;
      return answer;
    },
    end() {
      // A response that was not read to its end would keep its socket.
      if (response?.readableEnded !== true) request.destroy();
    },
  };
}

function newRequest({ method = 'GET', headers, agents }: Exchanging, url: URL, signal: AbortSignal): ClientRequest {
  const all = { accept: '*/*', 'accept-encoding': 'gzip', 'user-agent': 'millrace', ...headers };
  return url.protocol === 'https:'
    ? httpsRequest(url, { method, headers: all, agent: agents.https, signal })
    : httpRequest(url, { method, headers: all, agent: agents.http, signal });
}

/** Aborts when nothing arrives for too long. */
export function newWatchdog({ clock, connectTimeoutMs, idleTimeoutMs }: Exchanging, outer: AbortSignal) {
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
