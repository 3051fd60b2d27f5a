// Files of an HTTP server. It cannot list them, so each name is looked up with HEAD, or with GET for one byte if the server
// does not support HEAD. Only a response that the file does not exist makes it absent.

import type { IncomingMessage } from 'node:http';
import { safe } from '../../core/message.ts';
import { trimmedEnd } from '../../core/trimmed-end.ts';
import { httpAddress } from '../http/address.ts';
import { HttpProblem } from '../http/problem.ts';
import { REDIRECTS_MAX, redirectOf, urlOn } from '../http/redirects.ts';
import { newAgents, type OpenResponse, openResponse } from '../http/send.ts';
import type { SourceOptions } from '../source.ts';
import type { ListedFile } from './file-location.ts';
import { bodyOf } from './http-body.ts';
import { httpTrouble, isAbsent, ResponseTrouble, statusTrouble } from './http-trouble.ts';
import { conditionsOf, foundFile } from './http-version.ts';
import type { ObjectStore } from './object-store.ts';

/** Statuses of a server that does not support a method. */
const UNSUPPORTED = [405, 501];

/** The folder of a URL such as `https://files.example.com/exports`. @throws Failure DEFINITION_INVALID for an invalid URL. */
export function httpStore(options: SourceOptions): ObjectStore {
  const agents = newAgents();
  const { label } = httpAddress(options);
  const ask: Ask = async (name, method, headers, signal) => {
    // Secrets in files are read for each request, as for pages: a cached signature would expire.
    const known = httpAddress({ ...options, ...(await options.renewed?.()) });
    const all = { ...known.headers, 'accept-encoding': 'identity', ...headers };
    let url = fileUrl(known.base, name);
    for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects += 1) {
      const response = await openResponse({ ...options, agents, method, headers: all }, url, signal);
      const target = redirectOf(response.answer.statusCode ?? 0, response.answer.headers);
      if (target === null) return response;
      discard(response, method);
      url = urlOn(url, target, 'it redirects, and the file');
    }
    throw new HttpProblem('refused', safe(`it redirects more than ${REDIRECTS_MAX} times`));
  };
  return {
    label,
    narrowing: 'name',
    async *list({ prefix: name }, signal) {
      const file = await lookedUp(options, ask, name, signal);
      if (file !== null) yield [file];
    },
    async read(file, offset, signal) {
      const range = offset === 0 ? {} : { range: `bytes=${offset}-` };
      const response = await ask(file.name, 'GET', { ...conditionsOf(file), ...range }, signal);
      try {
        if (![200, 206].includes(response.answer.statusCode ?? 0)) throw statusTrouble(response.answer, options);
        return bodyOf(response, file, offset);
      } catch (error) {
        discard(response, 'GET');
        throw error;
      }
    },
    write: () => Promise.reject(new RangeError('files of an HTTP server are read-only')),
    remove: () => Promise.reject(new RangeError('files of an HTTP server are read-only')),
    troubleOf: httpTrouble,
    async [Symbol.asyncDispose]() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

/** Sends a request for a file, and follows redirects on the same host. */
type Ask = (
  name: string,
  method: 'GET' | 'HEAD',
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
) => Promise<OpenResponse>;

/** The parameters of the source's URL, such as a signature, are part of each request. */
function fileUrl(base: URL, name: string): URL {
  const url = new URL(base);
  const path = name.split('/').map(encodeURIComponent).join('/').replaceAll('%3D', '=');
  url.pathname = `${trimmedEnd(base.pathname, '/')}/${path}`;
  return url;
}

/** Null if the server responds that there is no such file. */
async function lookedUp(
  options: SourceOptions,
  ask: Ask,
  name: string,
  signal: AbortSignal,
): Promise<ListedFile | null> {
  const head = await headersOf(ask, name, 'HEAD', {}, signal);
  if (isAbsent(head)) return null;
  if (head.statusCode === 200) {
    const file = foundFile(name, head);
    if ('identity' in file) return file;
  } else if (!UNSUPPORTED.includes(head.statusCode ?? 0)) throw statusTrouble(head, options);
  const part = await headersOf(ask, name, 'GET', { range: 'bytes=0-0' }, signal);
  // An empty file has no first byte.
  const found = part.statusCode === 416 ? await headersOf(ask, name, 'GET', {}, signal) : part;
  if (isAbsent(found)) return null;
  if (found.statusCode !== 200 && found.statusCode !== 206) throw statusTrouble(found, options);
  const file = foundFile(name, found);
  if ('identity' in file) return file;
  const why =
    'without both, a changed or truncated file could not be detected. If the server is an API, read it with `path` and `pages`';
  throw new ResponseTrouble({ kind: 'denied', what: `the response has ${file.missing}; ${why}` });
}

async function headersOf(
  ask: Ask,
  name: string,
  method: 'GET' | 'HEAD',
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const response = await ask(name, method, headers, signal);
  discard(response, method);
  return response.answer;
}

/** The body of a response to HEAD is empty, so its connection can be used again. */
function discard({ answer }: OpenResponse, method: 'GET' | 'HEAD'): void {
  if (method === 'HEAD') answer.resume();
  else answer.destroy();
}
