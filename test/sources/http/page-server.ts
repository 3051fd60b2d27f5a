// An HTTP server that returns rows in pages, and misbehaves on demand.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

export type PageServer = AsyncDisposable & {
  readonly origin: string;
  /** The targets of the requests. */
  readonly requests: string[];
  readonly headers: IncomingMessage['headers'][];
  /** Answers of the next requests, one each; null, and no more, for the usual one. */
  readonly answers: (Answer | null)[];
  /** The open connections. */
  sockets(): Promise<number>;
};

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export async function startPageServer(usual: Answer): Promise<PageServer> {
  const http = createServer((request, response) => {
    server.requests.push(request.url ?? '');
    server.headers.push(request.headers);
    (server.answers.shift() ?? usual)(request, response);
  });
  // Only the client closes idle connections.
  http.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const server: PageServer = {
    origin: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    requests: [],
    headers: [],
    answers: [],
    sockets: () => new Promise((resolve) => http.getConnections((_error, count) => resolve(count))),
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
  return server;
}

export function json(content: unknown): Answer {
  return text(JSON.stringify(content), 'application/json');
}

export function text(body: string, type: string, headers: Record<string, string> = {}): Answer {
  return (_request, response) => {
    const length = { 'content-type': type, 'content-length': `${Buffer.byteLength(body)}` };
    response.writeHead(200, { ...length, ...headers }).end(body);
  };
}

export function gzipped(body: string, cutTo?: number): Answer {
  return (_request, response) => {
    const packed = gzipSync(body).subarray(0, cutTo);
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': packed.length }).end(packed);
  };
}

export function status(code: number, headers: Record<string, string> = {}): Answer {
  return (_request, response) => void response.writeHead(code, headers).end('secret detail');
}

/** Sends bytes as they are, without the checks of the server. */
export function raw(bytes: string | Buffer, then: 'close' | 'stall'): Answer {
  return (request) => {
    request.socket.write(bytes);
    if (then === 'close') request.socket.end();
  };
}

/** Rows in pages of a size, by cursor: `{"data": […], "next": "2"}`. */
export function cursorPages(rows: readonly string[], size: number): Answer {
  return (request, response) => {
    const from = Number(new URL(request.url ?? '', 'http://localhost').searchParams.get('cursor') ?? 0);
    const next = from + size < rows.length ? `"${from + size}"` : 'null';
    const body = `{"data":[${rows.slice(from, from + size).join(',\n')}],"next":${next}}`;
    response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  };
}
