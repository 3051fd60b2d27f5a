// The body of a request, within the limit of one body and the room for all bodies.

import type { Context, MiddlewareHandler } from 'hono';
import type { ApiEnv } from '../context.ts';
import { Problem } from '../problem.ts';
import { openGrowingBytes } from './growing-bytes.ts';
import { openRoom, type Room } from './room.ts';

export const NDJSON = 'application/x-ndjson';

/** Bodies of the largest allowed size that are in memory at the same time; smaller ones count by their size. */
const BODIES_MAX = 8;
/** Smaller bodies are always read: slow uploads of large ones do not keep others from being served. */
const SMALL_BYTES = 65_536;

export function openBodies(bytesMax: number): Room {
  return openRoom(
    BODIES_MAX * bytesMax,
    'This process is already reading too many large bodies: try again later, or start more API processes.',
  );
}

/**
 * Limits the body of each request. A body of known size takes its room before it is read. One of unknown size takes room as
 * it arrives, and is read here, except NDJSON, which its route reads line by line.
 */
export function boundedBody(bytesMax: number, bodies: Room): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    requirePlain(c);
    const announced = announcedBytes(c);
    if (announced > bytesMax) throw tooLarge(bytesMax);
    using room = bodies.take(announced <= SMALL_BYTES ? 0 : announced);
    let received = 0;
    const count = (bytes: number) => {
      received += bytes;
      if (received > bytesMax) throw tooLarge(bytesMax);
      if (received > Math.max(announced, SMALL_BYTES)) room.add(bytes);
    };
    const pieces = () => piecesOf(c, count);
    c.set('body', { pieces, free: () => room[Symbol.dispose]() });
    if (isChunked(c) && mediaOf(c) !== NDJSON) c.req.raw = new Request(c.req.raw, { body: await whole(pieces()) });
    await next();
  };
}

/** The media type of the body, in lower case. */
export function mediaOf(c: Context<ApiEnv>): string {
  return (c.req.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

/** All bytes of the body. @throws as RequestBody.pieces */
export async function bytesOf(c: Context<ApiEnv>): Promise<Uint8Array<ArrayBuffer>> {
  if (isChunked(c) && mediaOf(c) === NDJSON) return await whole(c.get('body').pieces());
  try {
    return new Uint8Array(await c.req.arrayBuffer());
  } catch {
    throw cutOff();
  }
}

async function whole(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = openGrowingBytes();
  for await (const piece of pieces) bytes.add(piece);
  return bytes.take();
}

async function* piecesOf(c: Context<ApiEnv>, count: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  const reader = c.req.raw.body?.getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(() => Promise.reject(cutOff()));
      if (done) return;
      count(value.length);
      yield value;
    }
  } finally {
    reader.releaseLock();
  }
}

/** The size that the client announces; 0 if there is no body, or if it is sent in chunks. */
function announcedBytes(c: Context<ApiEnv>): number {
  return isChunked(c) || !hasBody(c) ? 0 : Number(c.req.header('content-length') ?? 0);
}

function isChunked(c: Context<ApiEnv>): boolean {
  return hasBody(c) && c.req.header('transfer-encoding') !== undefined;
}

/** A compressed body would be read as it is, and refused as broken JSON. @throws Problem MEDIA_TYPE_UNKNOWN */
function requirePlain(c: Context<ApiEnv>): void {
  const encoding = hasBody(c) ? c.req.header('content-encoding') : undefined;
  if (encoding === undefined || encoding.trim().toLowerCase() === 'identity') return;
  throw new Problem(
    'MEDIA_TYPE_UNKNOWN',
    `The Content-Encoding ${JSON.stringify(encoding.slice(0, 100))} is not supported: send the body uncompressed.`,
  );
}

/** The bodies of other requests are not read. */
function hasBody({ req: { method } }: Context<ApiEnv>): boolean {
  return method !== 'GET' && method !== 'HEAD';
}

function tooLarge(bytesMax: number): Problem {
  return new Problem(
    'BODY_TOO_LARGE',
    `The body is larger than ${bytesMax} bytes: send fewer rows per request, or raise api.limits.body.`,
  );
}

function cutOff(): Problem {
  return new Problem('REQUEST_INVALID', 'The connection closed before the end of the body.');
}
