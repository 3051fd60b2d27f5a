// The rows of a request body: JSON, or NDJSON that is read line by line. The digest covers all bytes.

import { createHash } from 'node:crypto';
import type { Context } from 'hono';
import type { ApiEnv } from '../context.ts';
import { Problem } from '../problem.ts';
import { parseExact } from './exact-json.ts';

export const NDJSON = 'application/x-ndjson';

/** Calls `onRow` for each row, and returns the digest of the body. @throws Problem REQUEST_INVALID or MEDIA_TYPE_UNKNOWN */
export type ReadRows = (c: Context<ApiEnv>, onRow: (row: unknown, place: number) => void) => Promise<string>;

/** The media type of the body, in lower case. @throws Problem MEDIA_TYPE_UNKNOWN for one that is not listed. */
export function requireMedia(c: Context<ApiEnv>, known: readonly string[]): string {
  const media = (c.req.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (known.includes(media)) return media;
  throw new Problem(
    'MEDIA_TYPE_UNKNOWN',
    `The Content-Type is ${JSON.stringify(media.slice(0, 100))}; expected ${known.join(' or ')}.`,
  );
}

/** The size that the client announces; null if it does not. */
export function bodyBytes(c: Context<ApiEnv>): number | null {
  const length = c.req.header('content-length');
  return length === undefined ? null : Number(length);
}

/** The JSON of a body with the digest of its text. */
export async function readJson(c: Context<ApiEnv>): Promise<{ readonly value: unknown; readonly digest: string }> {
  requireMedia(c, ['application/json']);
  const bytes = Buffer.from(await c.req.arrayBuffer());
  return {
    value: parseExact(textOf(bytes), 'The body'),
    digest: createHash('sha256').update(bytes).digest('base64url'),
  };
}

/** A row per line. Lines are parsed as they arrive, so only one of them is in memory. */
export const readLines: ReadRows = async (c, onRow) => {
  const hash = createHash('sha256');
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  let place = 0;
  const take = (line: string) => {
    if (line.trim() === '') return;
    onRow(parseExact(line, `Line ${place + 1}`), place);
    place += 1;
  };
  for await (const chunk of chunksOf(c)) {
    hash.update(chunk);
    const lines = (rest + decoded(decoder, chunk)).split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(take);
  }
  take(rest + decoded(decoder));
  return hash.digest('base64url');
};

async function* chunksOf(c: Context<ApiEnv>): AsyncGenerator<Uint8Array> {
  const body = c.req.raw.body;
  if (body === null) return;
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.releaseLock();
  }
}

function textOf(bytes: Buffer): string {
  return decoded(new TextDecoder('utf-8', { fatal: true }), bytes, 'end');
}

function decoded(decoder: InstanceType<typeof TextDecoder>, chunk?: Uint8Array, end?: 'end'): string {
  try {
    return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: end === undefined });
  } catch {
    throw new Problem('REQUEST_INVALID', 'The body is not valid UTF-8.');
  }
}
