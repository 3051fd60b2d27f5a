// Reads the values of keys: strings with GET, hashes with HMGET, in few exchanges of a limited size.

import { Failure } from '../../core/failure.ts';
import { safe, text, value } from '../../core/message.ts';
import type { FeatureView } from '../../definition/view.ts';
import type { Redis, RedisCommand } from '../../redis/connection.ts';
import { WRONG_TYPE } from '../../redis/failure.ts';
import type { RedisReply } from '../../redis/replies.ts';
import { BATCH_CHARACTERS_MAX, type RowBatch } from '../../rows/batch.ts';
import type { RedisColumn } from './columns.ts';
import type { FoundKey } from './keys.ts';
import { exchangesOf } from './sizes.ts';

export type RedisReading = {
  readonly redis: Redis;
  readonly view: FeatureView;
  readonly label: string;
  /** The time of the reading, for rows without their own. */
  readonly now: string;
  readonly columns: readonly RedisColumn[];
  readonly signal: AbortSignal;
};

/** What a byte that is not UTF-8 becomes in the driver. */
const REPLACEMENT = '\u{fffd}';

type Row = readonly (string | null)[];

/** The rows of these keys, fewer in a batch if they are wide. A key that is gone has no row. */
export async function* valuesOf(reading: RedisReading, found: readonly FoundKey[]): AsyncGenerator<RowBatch> {
  for (const each of found) requireText(reading, each);
  const sizes = await sizesOf(reading, found);
  const keys = found.map((each, index) => ({ found: each, bytes: sizes[index] ?? 0 }));
  for (const group of exchangesOf(reading, keys)) {
    yield* batchesOf(
      reading,
      reading.view.columns === null ? await stringRows(reading, group) : await hashRows(reading, group),
    );
  }
}

/** The bytes of the values of each key. */
async function sizesOf(reading: RedisReading, found: readonly FoundKey[]): Promise<readonly number[]> {
  if (reading.view.columns === null) {
    const commands = found.map(({ key }): RedisCommand => ['STRLEN', key]);
    return (await asked(reading, found, commands)).map(Number);
  }
  const fields = fieldsOf(reading);
  const commands = found.flatMap(({ key }) => fields.map((field): RedisCommand => ['HSTRLEN', key, field]));
  const sizes = (await asked(reading, found, commands)).map(Number);
  const sum = (some: readonly number[]) => some.reduce((total, each) => total + each, 0);
  return found.map((_, index) => sum(sizes.slice(index * fields.length, (index + 1) * fields.length)));
}

function* batchesOf(reading: RedisReading, rows: readonly Row[]): Generator<RowBatch> {
  let from = 0;
  let characters = 0;
  for (const [index, row] of rows.entries()) {
    characters += row.reduce((sum, each) => sum + (each?.length ?? 0), 0);
    if (characters < BATCH_CHARACTERS_MAX) continue;
    yield batchOf(reading, rows.slice(from, index + 1));
    [from, characters] = [index + 1, 0];
  }
  if (from < rows.length) yield batchOf(reading, rows.slice(from));
}

function batchOf({ columns }: RedisReading, rows: readonly Row[]): RowBatch {
  const read = columns.map((column, index) =>
    rows.map((row) => {
      const field = row[index] ?? null;
      return field === null ? null : column.read(field);
    }),
  );
  return { rows: rows.length, columns: read };
}

async function stringRows(reading: RedisReading, found: readonly FoundKey[]): Promise<Row[]> {
  const commands = found.map(({ key }): RedisCommand => ['GET', key]);
  const replies = await asked(reading, found, commands);
  return found.flatMap((each, index) => {
    const reply = replies[index] ?? null;
    return reply === null ? [] : [checkedRow(reading, each, [each.entity, reading.now, String(reply)])];
  });
}

async function hashRows(reading: RedisReading, found: readonly FoundKey[]): Promise<Row[]> {
  const fields = fieldsOf(reading);
  const commands = found.map(({ key }): RedisCommand => ['HMGET', key, ...fields]);
  const replies = await asked(reading, found, commands);
  const values = replies.map((reply) => (Array.isArray(reply) ? reply : []));
  const isEmpty = (index: number) => values[index]?.every((each) => each === null) === true;
  // A hash without any of the fields has a row, which the row check refuses or accepts; a key that is gone has none.
  const doubtful = found.filter((_, index) => isEmpty(index));
  const present = await presentOf(reading, doubtful);
  return found.flatMap((each, index) => {
    if (isEmpty(index) && !present.has(each.key)) return [];
    const texts = (values[index] ?? []).map((field) => (field === null ? null : String(field)));
    const time = reading.view.columns?.['timestamp'] === undefined ? [reading.now] : [];
    return [checkedRow(reading, each, [each.entity, ...time, ...texts])];
  });
}

/** The fields of the hashes, in the order of the columns. */
function fieldsOf({ view, columns }: RedisReading): readonly string[] {
  return columns.slice(1).flatMap(({ name }) => view.columns?.[name] ?? []);
}

async function presentOf({ redis, signal }: RedisReading, found: readonly FoundKey[]): Promise<ReadonlySet<string>> {
  if (found.length === 0) return new Set();
  const replies = await redis.send(
    found.map(({ key }) => ['EXISTS', key]),
    signal,
  );
  return new Set(found.filter((_, index) => replies[index] === 1).map(({ key }) => key));
}

/** The replies to commands about the keys. @throws Failure SOURCE_SHAPE if a key has another type. */
async function asked(
  reading: RedisReading,
  found: readonly FoundKey[],
  commands: readonly RedisCommand[],
): Promise<RedisReply[]> {
  const { redis, signal } = reading;
  try {
    return await redis.send(commands, signal);
  } catch (error) {
    if (error instanceof Failure && error.facts[WRONG_TYPE] === true) throw await wrongType(reading, found, error);
    throw error;
  }
}

async function wrongType({ redis, view, label, signal }: RedisReading, found: readonly FoundKey[], cause: Failure) {
  const expected = view.columns === null ? 'string' : 'hash';
  const types = await redis.send(
    found.map(({ key }) => ['TYPE', key]),
    signal,
  );
  const at = types.findIndex((type) => type !== expected && type !== 'none');
  const named = at === -1 ? text`a key` : text`key ${value(found[at]?.key ?? '')}`;
  const type = at === -1 ? 'another type' : `type ${types[at]}`;
  const why = view.columns === null ? 'the view has no `columns`' : 'the view has `columns`';
  return new Failure(
    'SOURCE_SHAPE',
    text`View ${safe(view.name)}: ${named} of ${safe(label)} has ${safe(type)}; expected a ${safe(expected)}, because ${safe(why)}. Change \`keys\` so that the pattern matches only keys of this type.`,
    { view: view.name },
    cause,
  );
}

/** A key that is not UTF-8 cannot be read by its text. */
function requireText({ view, label }: RedisReading, { key }: FoundKey): void {
  if (!key.includes(REPLACEMENT)) return;
  throw new Failure(
    'SOURCE_SHAPE',
    text`View ${safe(view.name)}: key ${value(key)} of ${safe(label)} is not UTF-8; expected text. Rename the key, or change \`keys\` so that the pattern does not match it.`,
    { view: view.name },
  );
}

function checkedRow({ view, label }: RedisReading, { key }: FoundKey, row: Row): Row {
  if (!row.some((each) => each?.includes(REPLACEMENT) === true)) return row;
  throw new Failure(
    'SOURCE_SHAPE',
    text`View ${safe(view.name)}: key ${value(key)} of ${safe(label)} contains bytes that are not UTF-8; expected text.`,
    { view: view.name },
  );
}
