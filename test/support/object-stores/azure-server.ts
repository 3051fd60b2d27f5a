// A server for Azure's Data Lake Storage SDK: listings with two paths per page, ranges, conditions, and faults.

import { createHash } from 'node:crypto';
import type { ServerOptions } from 'node:https';
import {
  type Answering,
  bodyOf,
  type ObjectServer,
  type Refusal,
  sendObject,
  sendPage,
  startObjectServer,
  strikes,
} from './object-server.ts';

export const CONTAINER = 'lake';
const ACCOUNT = 'millracetest';
const PAGE_PATHS = 2;

export type AzureServer = ObjectServer & {
  /** The URL of a folder of the container. */
  url(folder?: string): string;
};

export const AZURE_ACCOUNT = {
  AZURE_STORAGE_CONNECTION_STRING: `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${Buffer.from('canary-azure-key').toString('base64')}`,
};

/** `tls` for https, which the SDK demands for tokens. */
export async function startAzureServer(tls?: ServerOptions): Promise<AzureServer> {
  const server = await startObjectServer(answer, refuse, tls);
  return Object.assign(server, {
    url: (folder = '') => `abfss://${CONTAINER}@${ACCOUNT}.dfs.core.windows.net/${folder}?endpoint=${server.origin}`,
  });
}

/** Handles a request; the caller sends a refusal. */
function answer(answering: Answering): Refusal | null {
  const { request, response, url, server } = answering;
  // If the host has no account name, the account is the first folder: the SDK can rename only this way.
  const path = decodeURIComponent(url.pathname).replace(`/${ACCOUNT}/`, '/');
  const [, container = '', ...rest] = path.split('/');
  const isSigned = request.headers.authorization?.startsWith('SharedKey ') || url.searchParams.has('sig');
  const isToken = request.headers.authorization?.startsWith('Bearer ') === true;
  if (isToken && server.tokens !== null && !server.tokens.includes(request.headers.authorization?.slice(7) ?? '')) {
    return [401, 'InvalidAuthenticationInfo'];
  }
  if (!(isSigned || isToken) || server.isClosed) return [403, 'AuthorizationFailure'];
  if (Date.parse(url.searchParams.get('se') ?? '') < Date.now()) return [403, 'AuthenticationFailed'];
  if (container !== CONTAINER) return [404, 'FilesystemNotFound'];
  const name = rest.join('/');
  if (url.searchParams.get('resource') === 'filesystem') return sendListing(answering);
  if (request.method === 'PUT' || request.method === 'PATCH') {
    void store(answering, name);
    return null;
  }
  if (request.method === 'DELETE') {
    if (!server.objects.delete(name)) return [404, 'PathNotFound'];
    response.writeHead(200).end();
    return null;
  }
  const fault = server.faults.shift() ?? null;
  if (strikes(server, fault, 'busy')) return [503, 'ServerBusy'];
  if (strikes(server, fault, 'replace')) server.put(name, server.replacement(name));
  const object = server.objects.get(name);
  if (object === undefined) return [404, 'BlobNotFound'];
  const etag = `"0x${object.etag}"`;
  const expected = request.headers['if-match'];
  if (expected !== undefined && expected !== etag) return [412, 'ConditionNotMet'];
  const md5 = createHash('md5').update(object.body).digest('base64');
  const headers = (isWhole: boolean) => ({
    etag,
    'x-ms-blob-type': 'BlockBlob',
    'last-modified': new Date(0).toUTCString(),
    [isWhole ? 'content-md5' : 'x-ms-blob-content-md5']: md5,
  });
  const asked = request.headers['x-ms-range'] ?? request.headers.range;
  const range = typeof asked === 'string' ? asked : undefined;
  return sendObject(answering, { name, object, headers, range, fault }) ? null : [416, 'InvalidRange'];
}

/** Creates a file, appends to it, or renames it. */
async function store({ request, response, url, server }: Answering, name: string): Promise<void> {
  const body = await bodyOf(request);
  const before = server.objects.get(name)?.body ?? Buffer.alloc(0);
  const source = request.headers['x-ms-rename-source'];
  if (typeof source === 'string') {
    // Its name is escaped twice if a part of it needs escapes.
    const [path = ''] = decodeURIComponent(decodeURIComponent(source)).split('?', 1);
    const old = path.replace(`/${ACCOUNT}/`, '/').split('/').slice(2).join('/');
    server.put(name, server.objects.get(old)?.body ?? Buffer.alloc(0));
    server.objects.delete(old);
  } else if (request.method === 'PUT') server.put(name, Buffer.alloc(0));
  else if (url.searchParams.get('action') === 'append') server.put(name, Buffer.concat([before, body]));
  const status = request.method === 'PUT' ? 201 : url.searchParams.get('action') === 'append' ? 202 : 200;
  response.writeHead(status, { etag: '"0x1"', 'last-modified': new Date(0).toUTCString() }).end();
}

type Path = {
  readonly name: string;
  readonly isDirectory?: 'true';
  readonly contentLength?: string;
  readonly etag?: string;
};

function sendListing(answering: Answering): Refusal | null {
  const { url, server } = answering;
  const fault = server.listingFaults.shift() ?? null;
  if (strikes(server, fault, 'busy')) return [503, 'ServerBusy'];
  const folder = url.searchParams.get('directory') ?? '';
  const isRecursive = url.searchParams.get('recursive') === 'true';
  const paths = allPaths(server).filter(({ name }) => isBelow(name, folder, isRecursive));
  if (folder !== '' && !allPaths(server).some(({ name }) => name === folder)) return [404, 'PathNotFound'];
  const from = Number(url.searchParams.get('continuation') ?? 0);
  const to = from + PAGE_PATHS;
  const mark = fault?.kind === 'repeat' ? from : to;
  const next = mark < paths.length ? { 'x-ms-continuation': String(mark) } : {};
  const body = JSON.stringify({ paths: paths.slice(from, to) });
  sendPage(answering, { body, headers: { 'content-type': 'application/json', ...next }, fault });
  return null;
}

function isBelow(name: string, folder: string, isRecursive: boolean): boolean {
  const start = folder === '' ? '' : `${folder}/`;
  return name.startsWith(start) && (isRecursive || !name.slice(start.length).includes('/'));
}

/** Folders are listed as well, each before its content. */
function allPaths({ objects }: ObjectServer): Path[] {
  const paths = new Map<string, Path>();
  for (const [name, { body, etag }] of objects) {
    const parts = name.split('/');
    for (let depth = 1; depth < parts.length; depth += 1) {
      const folder = parts.slice(0, depth).join('/');
      paths.set(folder, { name: folder, isDirectory: 'true' });
    }
    paths.set(name, { name, contentLength: String(body.length), etag: `0x${etag}` });
  }
  return [...paths.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

const MESSAGES: Readonly<Record<string, readonly [message: string, detail: string]>> = {
  AuthenticationFailed: [
    'Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.',
    'Signature not valid in the specified time frame: Start [Fri, 22 May 2020 18:45:17 GMT] - Expiry [Tue, 30 Jun 2020 18:45:00 GMT] - Current [Tue, 30 Jun 2020 19:27:39 GMT]',
  ],
  InvalidAuthenticationInfo: [
    'Server failed to authenticate the request. Please refer to the information in the www-authenticate header.',
    'Lifetime validation failed. The token is expired.',
  ],
};

/** As Azure does: Blob Storage sends XML with a detail, Data Lake Storage JSON without one. */
function refuse(answering: Answering, [status, code]: Refusal): void {
  const { request, response, url } = answering;
  const [message, detail] = MESSAGES[code] ?? [];
  if (message === undefined) {
    refuseOther(answering, [status, code]);
    return;
  }
  const words = `${message}\nRequestId:6efbdc78-601e-0081-4814-4f3158000000\nTime:2020-06-30T19:27:39.0331292Z`;
  const isBlob = request.method === 'GET' && !url.searchParams.has('resource');
  const challenge =
    status === 401
      ? {
          'www-authenticate':
            'Bearer authorization_uri=https://login.microsoftonline.com/00000000-0000-0000-0000-000000000001/oauth2/authorize resource_id=https://storage.azure.com',
        }
      : {};
  const type = isBlob ? 'application/xml' : 'application/json;charset=utf-8';
  const body = isBlob
    ? `\ufeff<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${words}</Message><AuthenticationErrorDetail>${detail}</AuthenticationErrorDetail></Error>`
    : JSON.stringify({ error: { code, message: words } });
  response.writeHead(status, { 'content-type': type, 'x-ms-error-code': code, ...challenge }).end(body);
}

function refuseOther({ response }: Answering, [status, code]: Refusal): void {
  response
    .writeHead(status, { 'content-type': 'application/json', 'x-ms-error-code': code })
    .end(JSON.stringify({ error: { code, message: `${code} for canary-azure-key` } }));
}
