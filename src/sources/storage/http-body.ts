// The bytes of a file in a response of an HTTP server, from an offset onward.

import type { IncomingMessage } from 'node:http';
import type { OpenResponse } from '../http/send.ts';
import type { ListedFile } from './file-location.ts';
import { isStrong, rangeOf, requirePlain, requireVersion } from './http-version.ts';
import { type Checksum, type ObjectBody, UnexpectedAnswer, withoutFirst } from './object-store.ts';

/** @throws UnexpectedAnswer or ResponseTrouble if the response does not have these bytes of the listed file. */
export function bodyOf(response: OpenResponse, file: ListedFile, offset: number): ObjectBody {
  const { answer } = response;
  requirePlain(file.name, answer);
  requireVersion(answer, file);
  const from = answer.statusCode === 206 ? (rangeOf(answer.headers)?.from ?? -1) : 0;
  if (from !== 0 && from !== offset) throw new UnexpectedAnswer('the response is another part of the file');
  const checksum = offset === 0 && from === 0 ? checksumOf(answer) : null;
  return {
    chunks: {
      [Symbol.asyncIterator]: () => chunksOf(response, offset - from),
      destroy: (error) => answer.destroy(error),
    },
    checksum,
    checked: isStrong(file, answer.headers) ? 'nothing' : 'whole',
  };
}

async function* chunksOf({ answer, failed }: OpenResponse, skippedBytes: number): AsyncGenerator<Uint8Array> {
  yield* withoutFirst(answer, skippedBytes);
  // Bytes after the end of the response: its Content-Length is wrong.
  await Promise.race([failed, Promise.resolve()]);
}

const ALGORITHMS = [
  ['sha-256', 'sha256'],
  ['sha', 'sha1'],
  ['md5', 'md5'],
] as const;

/** Of the whole file, if the server returns one (RFC 9530, and the headers before it). */
function checksumOf({ headers, statusCode }: IncomingMessage): Checksum | null {
  const digests = [headers['repr-digest'], headers['digest']]
    .flat()
    .filter((each) => each !== undefined)
    .join(',');
  for (const [name, algorithm] of ALGORITHMS) {
    const base64 = new RegExp(`(?:^|[,\\s])${name}=:?([A-Za-z0-9+/]+={0,2})`, 'i').exec(digests)?.[1];
    if (base64 !== undefined) return { algorithm, base64 };
  }
  const md5 = headers['content-md5'];
  return typeof md5 === 'string' && statusCode === 200 ? { algorithm: 'md5', base64: md5.trim() } : null;
}
