import { DuckDBInstance } from '@duckdb/node-api';
import { expect, test } from 'vitest';
import { parseMicros } from '../../../src/feature-types/iso-time.ts';
import { timestamp } from '../../../src/feature-types/timestamp.ts';

const DATES = ['2026-01-01', '2026-02-30', '0001-01-02'];
const SEPARATORS = ['T', 't', ' ', '  ', ''];
const TIMES = ['10:00', '10:00:05', '10:00:05.5', '10:00:05.123456000', '10:00:05.1234567', '24:00:00', '23:59:60'];
const OFFSETS = ['', '+00', '+0530', '-05:30', '+00:00 ', '+16:00', '-15:59', 'Z', 'z', 'UTC', 'utc', ' Z', '  Z', 'C'];

/** Times as programs write them, and others. */
const TEXTS = DATES.flatMap((date) => [
  date,
  ...SEPARATORS.flatMap((separator) =>
    TIMES.flatMap((time) =>
      OFFSETS.flatMap((offset) => [`${date}${separator}${time}${offset}`, `${date}${separator}${time} ${offset}`]),
    ),
  ),
]);

test('a field of a file with the type timestamp is valid wherever the row check accepts its text, with the same value', async () => {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  await connection.run("set TimeZone = 'UTC'");
  const { fits, value } = timestamp.fileCast();
  const ofFiles = new Map<unknown, unknown>();
  for (let from = 0; from < TEXTS.length; from += 500) {
    const values = TEXTS.slice(from, from + 500).map((text) => `('${text}')`);
    const rows = await connection.runAndReadAll(
      `select t, case when ${fits('t')} then epoch_us(${value('t')})::double end from (values ${values.join(', ')}) v(t)`,
    );
    for (const [text, micros] of rows.getRowsJson()) ofFiles.set(text, micros);
  }
  connection.closeSync();
  instance.closeSync();
  const ofRows = TEXTS.map((text) => [text, parseMicros(text)] as const);
  const valid = ofRows.map(([text, micros]) => [text, typeof micros === 'number' ? micros : null] as const);
  expect(Object.fromEntries(ofFiles as Map<string, unknown>)).toEqual(Object.fromEntries(valid));
  expect(valid.filter(([, micros]) => micros !== null).length).toBeGreaterThan(300);
});
