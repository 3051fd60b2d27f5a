// A server of files: HEAD, ranges, conditions, digests, and injected faults. It cannot list.

import { createHash } from 'node:crypto';
import {
  type Answering,
  type ListingFault,
  type ObjectServer,
  type Refusal,
  sendObject,
  startObjectServer,
  strikes,
} from './object-server.ts';

/** The faults of a response to HEAD, which has no body. */
export const LOOKUP_FAULTS = ['stall', 'truncate', 'reset', 'busy', 'page'] as const;

export type FileServer = ObjectServer & {
  /** The URL of a folder. */
  url(folder?: string): string;
};

/** What the server requires. */
export const FILE_SECRET = 'canary-http-secret';

export async function startFileServer(): Promise<FileServer> {
  const server = await startObjectServer(answer, ({ response }, [status]) => {
    response.writeHead(status, { 'content-type': 'text/html' }).end(`<html>${status} for ${FILE_SECRET}</html>`);
  });
  return Object.assign(server, { url: (folder = '') => `${server.origin}/${folder}` });
}

function answer(answering: Answering): Refusal | null {
  const { request, url, server } = answering;
  if (request.headers.authorization !== `Bearer ${FILE_SECRET}`) return [401, 'Unauthorized'];
  if (server.isClosed) return [403, 'Forbidden'];
  const name = decodeURIComponent(url.pathname).slice(1);
  const isLookup = request.method === 'HEAD';
  const fault = isLookup ? null : (server.faults.shift() ?? null);
  const lookupFault = isLookup ? (server.listingFaults.shift() ?? null) : null;
  if (strikes(server, fault ?? lookupFault, 'busy')) return [503, 'Busy'];
  if (strikes(server, fault, 'replace')) server.put(name, server.replacement(name));
  if (lookupFault !== null) return sendFault(answering, lookupFault);
  const object = server.objects.get(name);
  if (object === undefined) return [404, 'Not Found'];
  const etag = `"${object.etag}"`;
  const expected = request.headers['if-match'];
  if (expected !== undefined && expected !== etag) return [412, 'Precondition Failed'];
  const digest = createHash('sha256').update(object.body).digest('base64');
  const headers = () => ({ etag, 'accept-ranges': 'bytes', 'repr-digest': `sha-256=:${digest}:` });
  if (isLookup) answering.response.writeHead(200, { ...headers(), 'content-length': object.body.length }).end();
  else if (!sendObject(answering, { name, object, headers, range: request.headers.range, fault }))
    return [416, 'Range'];
  return null;
}

function sendFault({ response, server }: Answering, fault: ListingFault): null {
  server.struck.push(fault);
  if (fault.kind === 'page') response.writeHead(200, { 'content-type': 'text/html', 'content-length': 100 }).end();
  if (fault.kind === 'truncate') response.socket?.end('HTTP/1.1 200 OK\r\nContent-Le');
  if (fault.kind === 'reset') response.socket?.resetAndDestroy();
  return null;
}
