// The rows of a request body: JSON, or NDJSON that is read line by line.

import { createHash } from 'node:crypto';
import type { Context } from 'hono';
import type { Clock } from '../../core/clock.ts';
import type { ApiEnv } from '../context.ts';
import { mediaOf } from '../memory/body.ts';
import { openGrowingBytes } from '../memory/growing-bytes.ts';
import { Problem } from '../problem.ts';
import { parseExact } from './exact-json.ts';

export const JSON_MEDIA = 'application/json';

/** The media type of the body. @throws Problem MEDIA_TYPE_UNKNOWN for one that is not listed. */
export function requireMedia(c: Context<ApiEnv>, known: readonly string[]): string {
  const media = mediaOf(c);
  if (known.includes(media)) return media;
  throw new Problem(
    'MEDIA_TYPE_UNKNOWN',
    `The Content-Type is ${JSON.stringify(media.slice(0, 100))}; expected ${known.join(' or ')}.`,
  );
}

export function digestOfBytes(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64url');
}

/** @throws Problem REQUEST_INVALID */
export function parseBody(bytes: Uint8Array): unknown {
  return parseExact(textOf(bytes), 'The body');
}

/** Rows that are checked before other requests are continued. */
const ROWS_PER_TURN = 2_000;

/** Calls `each` for every row. Other requests are continued in between. */
export async function inTurns<Row>(
  clock: Clock,
  rows: readonly Row[],
  each: (row: Row, place: number) => void,
): Promise<void> {
  for (const [place, row] of rows.entries()) {
    if (place > 0 && place % ROWS_PER_TURN === 0) await clock.sleep(0);
    each(row, place);
  }
}

/** Calls `onRow` for the row in each line, as they arrive. @throws Problem REQUEST_INVALID */
export async function readLines(
  clock: Clock,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  onRow: (row: unknown, place: number) => void,
): Promise<void> {
  let place = 0;
  for await (const text of wholeLines(pieces)) {
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    await inTurns(clock, lines, (line) => {
      onRow(parseExact(line, `Line ${place + 1}`), place);
      place += 1;
    });
  }
}

const LINE_FEED = 0x0a;

/** Texts of one or more whole lines. */
async function* wholeLines(pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<string> {
  const rest = openGrowingBytes();
  for await (const piece of pieces) {
    const end = piece.lastIndexOf(LINE_FEED) + 1;
    if (end > 0) {
      rest.add(piece.subarray(0, end));
      yield textOf(rest.take());
    }
    rest.add(piece.subarray(end));
  }
  if (!rest.isEmpty()) yield textOf(rest.take());
}

/** @throws Problem REQUEST_INVALID unless the bytes are UTF-8 */
export function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Problem('REQUEST_INVALID', 'The body is not valid UTF-8.');
  }
}
