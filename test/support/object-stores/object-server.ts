// Shared by the two test object stores: objects, injected faults, and bodies over HTTP.

import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { crc32 } from 'node:zlib';

export type StoredObject = { readonly body: Buffer; readonly etag: string };

/**
 * A fault of one response with an object, at byte `at` of its body. `stall` sends no more, `truncate` closes the
 * connection, `shorten` ends the response early, `flip` changes a bit, `reset` resets the connection, `busy` asks to
 * retry later, `replace` replaces the object first, `replaceMid` after a part.
 */
export const FAULTS = ['stall', 'truncate', 'shorten', 'flip', 'reset', 'busy', 'replace', 'replaceMid'] as const;
export type Fault = { readonly kind: (typeof FAULTS)[number]; readonly at: number };

/**
 * A fault of one page of a listing, at byte `at` of it: as above; `page`: an HTML page comes instead, with status 200,
 * like from a proxy with a login; `repeat`: the next page is the requested one; and for S3 only `lost`: there is a next
 * page without a token.
 */
export const LISTING_FAULTS = ['stall', 'truncate', 'shorten', 'reset', 'busy', 'page', 'repeat'] as const;
export type ListingFault = { readonly kind: (typeof LISTING_FAULTS)[number] | 'lost'; readonly at: number };

export type ObjectServer = AsyncDisposable & {
  readonly origin: string;
  /** `METHOD path` of the requests. */
  readonly requests: string[];
  /** The credentials and parameters of the requests. */
  readonly credentials: { readonly authorization: string; readonly search: string }[];
  readonly objects: Map<string, StoredObject>;
  put(name: string, body: string | Uint8Array): void;
  /** The faults of the next responses with an object, one each; null for none. */
  readonly faults: (Fault | null)[];
  /** The faults of the next listing pages, one each; null for none. */
  readonly listingFaults: (ListingFault | null)[];
  /** The faults that occurred: the response reached their byte. */
  readonly struck: (Fault | ListingFault)[];
  /** The headers with the checksum of a whole object, if requested. */
  checksumOf(body: Buffer): Record<string, string>;
  /** The effect of replacing an object by a fault. */
  replacement(name: string): string | Uint8Array;
  /** S3: whether the requester pays, and must say so. */
  isRequesterPays: boolean;
  /** S3: whether conditions of requests are ignored, as some compatible stores do. */
  ignoresConditions: boolean;
  /** S3: what a request for a part of an object gets: the part, all bytes, or a part that starts 1 byte later or nowhere. */
  ranges: 'kept' | 'ignored' | 'shifted' | 'unnamed';
  /** S3: whether only requests without a signature are answered. */
  isPublic: boolean;
  /** The refusal of a request; null for none. */
  refusalOf(url: URL): Refusal | null;
  /** Azure: the bearer tokens that are valid; null for all. */
  tokens: readonly string[] | null;
  /** Whether all access is denied. */
  isClosed: boolean;
  /** The refusal of every request; null for none. */
  refusal: Refusal | null;
  /** The total size of the responses. */
  sentBytes: number;
};

export type Answering = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly server: ObjectServer;
};

export function etagOf(body: Uint8Array): string {
  return createHash('md5').update(body).digest('hex');
}

function crc32Of(body: Uint8Array): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  return bytes.toString('base64');
}

/** Status and code. */
export type Refusal = readonly [status: number, code: string];

export async function startObjectServer(
  answer: (answering: Answering) => Refusal | null,
  refuse: (answering: Answering, refusal: Refusal) => void,
  tls?: ServerOptions,
): Promise<ObjectServer> {
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    server.requests.push(`${request.method} ${decodeURIComponent(url.pathname)}`);
    server.credentials.push({ authorization: request.headers.authorization ?? '', search: url.search });
    const answering = { request, response, url, server };
    const refusal = server.refusal ?? server.refusalOf(url) ?? answer(answering);
    if (refusal !== null) refuse(answering, refusal);
  };
  const http = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const server: ObjectServer = {
    origin: `${tls === undefined ? 'http://127.0.0.1' : 'https://localhost'}:${(http.address() as AddressInfo).port}`,
    requests: [],
    credentials: [],
    objects: new Map(),
    put: (name, body) => void server.objects.set(name, { body: Buffer.from(body), etag: etagOf(Buffer.from(body)) }),
    faults: [],
    listingFaults: [],
    struck: [],
    checksumOf: (body) => ({ 'x-amz-checksum-crc32': crc32Of(body), 'x-amz-checksum-type': 'FULL_OBJECT' }),
    replacement: () => 'replaced',
    isRequesterPays: false,
    ignoresConditions: false,
    ranges: 'kept',
    isPublic: false,
    isClosed: false,
    tokens: null,
    refusalOf: () => null,
    refusal: null,
    sentBytes: 0,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
  return server;
}

/** Whether a fault is of this kind, which occurs before the response. */
export function strikes(server: ObjectServer, fault: Fault | ListingFault | null, kind: 'busy' | 'replace'): boolean {
  if (fault?.kind !== kind) return false;
  server.struck.push(fault);
  return true;
}

export type Page = {
  readonly body: string;
  readonly headers: Record<string, string>;
  readonly fault: ListingFault | null;
};

/** Sends a page of a listing with its fault. */
export function sendPage({ response, server }: Answering, { body, headers, fault }: Page): void {
  if (fault !== null) server.struck.push(fault);
  const bytes = Buffer.from(fault?.kind === 'page' ? SIGN_IN : body);
  const type = fault?.kind === 'page' ? { 'content-type': 'text/html' } : {};
  const length = fault?.kind === 'shorten' ? {} : { 'content-length': String(bytes.length) };
  response.writeHead(200, { ...headers, ...type, ...length });
  const part = bytes.subarray(0, Math.min(fault?.at ?? 0, bytes.length - 1));
  if (fault === null || WHOLE_PAGES.has(fault.kind)) response.end(bytes);
  else if (fault.kind === 'shorten') response.end(part);
  else {
    response.write(part, () => {
      if (fault.kind === 'truncate') response.socket?.end();
      if (fault.kind === 'reset') response.socket?.resetAndDestroy();
    });
    if (part.length === 0) response.flushHeaders();
  }
}

const WHOLE_PAGES = new Set<string>(['page', 'repeat', 'lost']);
const SIGN_IN = '<html><head><title>Sign in</title></head><body><p>Please sign in to continue.</p></body></html>';

export type Sending = {
  readonly name: string;
  readonly object: StoredObject;
  /** For the whole object, and for a part of it. */
  readonly headers: (isWhole: boolean) => Record<string, string>;
  readonly range: string | undefined;
  readonly fault: Fault | null;
};

/** Sends an object, or the requested part, with its fault; false if the range is invalid. */
export function sendObject({ response, server }: Answering, { name, object, headers, range, fault }: Sending): boolean {
  const shift = range !== undefined && server.ranges === 'shifted' ? 1 : 0;
  const from = Number(/^bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0) + shift;
  const total = object.body.length;
  if (range !== undefined && from >= total) return false;
  const part = Buffer.from(object.body.subarray(from));
  const isWhole = range === undefined;
  response.statusCode = isWhole ? 200 : 206;
  if (!isWhole && server.ranges !== 'unnamed')
    response.setHeader('content-range', `bytes ${from}-${total - 1}/${total}`);
  for (const [header, value] of Object.entries(headers(isWhole))) response.setHeader(header, value);
  if (fault?.kind !== 'shorten') response.setHeader('content-length', part.length);
  server.sentBytes += part.length;
  if (fault !== null && fault.kind !== 'replace' && fault.at < part.length) server.struck.push(fault);
  const sent = part.subarray(0, fault === null ? part.length : Math.min(fault.at, part.length));
  if (fault === null) response.end(part);
  else if (fault.kind === 'shorten') response.end(sent);
  else if (fault.kind === 'flip') response.end(flipped(part, fault.at));
  else {
    response.write(sent, () => {
      if (fault.kind === 'replaceMid') server.put(name, server.replacement(name));
      if (fault.kind === 'truncate') response.socket?.end();
      if (fault.kind === 'reset' || fault.kind === 'replaceMid') response.socket?.resetAndDestroy();
    });
    if (sent.length === 0) response.flushHeaders();
  }
  return true;
}

function flipped(body: Buffer, at: number): Buffer {
  const index = at % body.length;
  body[index] = (body[index] ?? 0) ^ 1;
  return body;
}

/** The body of a request. */
export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
