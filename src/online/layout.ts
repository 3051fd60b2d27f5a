// How a view's rows lie in Redis (docs/architecture/stores.md): one hash per view and entity, which any client can
// read.
//
//   HGETALL mr:customer_orders:17850  →  order_amount 12.5 · order_lines 3 · _ts 1767225600000000 · _rev 42
//
// A field per feature with the value as text, absent where it is null; `_ts` is the event time in integer microseconds,
// `_rev` the number of the publish that wrote it. A hash with `_rev` alone is a tombstone: the entity has no row.
//
// No view is named like the sentinel: names begin with a letter.

import { textsOf } from '../redis/reply.ts';

export const TIME_FIELD = '_ts';
export const NUMBER_FIELD = '_rev';

/** The key of an entity's row: the one place that makes keys. */
export function entityKey(prefix: string, view: string, entityId: string): string {
  return `${prefix}:${view}:${entityId}`;
}

/** The key of the store's sentinel. */
export function sentinelKey(prefix: string): string {
  return `${prefix}:_sentinel`;
}

/** The pattern for SCAN that finds a view's keys, and only these, for any prefix. */
export function entityPattern(prefix: string, view: string): string {
  return `${entityKey(prefix, view, '').replace(/[\\*?[\]^-]/g, '\\$&')}*`;
}

/** The entity of a key that `entityPattern` found. */
export function entityOfKey(prefix: string, view: string, key: string): string {
  return key.slice(entityKey(prefix, view, '').length);
}

const TIME_MIN = -2_208_988_800_000_000;
const TIME_MAX = 7_258_118_400_000_000;

/** Whether the text of `_ts` is an event time that a row can have: from 1900 to 2200, as guard.lua says too. */
export function isTime(text: string): boolean {
  const micros = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isInteger(micros) && micros >= TIME_MIN && micros <= TIME_MAX;
}

/** A restored Postgres backup loses the numbers that were given out since, never as many as this. */
const NUMBERS_APART_MAX = 1_000_000_000;

/**
 * The greatest publish number that can be online where Postgres gave out `known`: another program wrote a greater one.
 */
export function publishNumberMax(known: number): number {
  return known + NUMBERS_APART_MAX;
}

/** Whether the text of `_rev` may be a publish number, none greater than `max`, as guard.lua decides too. */
export function isPublishNumber(text: string, max: number): boolean {
  return /^\d+$/.test(text) && Number(text) <= max;
}

/** Field → value of a reply to HGETALL. */
export function hashOfReply(reply: unknown): Map<string, string> {
  // The fields and their values in turn.
  const cells = Array.isArray(reply) ? textsOf(reply) : [];
  const found = new Map<string, string>();
  for (let at = 0; at + 1 < cells.length; at += 2) found.set(cells[at] ?? '', cells[at + 1] ?? '');
  return found;
}
