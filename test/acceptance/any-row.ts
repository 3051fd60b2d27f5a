// Random rows, and a comparison that ignores their spelling.

import fc from 'fast-check';
import type { World } from '../support/world.ts';
import type { Row, Texts } from './everything.ts';

const unicode = fc.string({ unit: 'binary', maxLength: 30 }).filter((text) => !text.includes('\0'));
const float = fc.double({ noNaN: true, noDefaultInfinity: true });
const floatText = float.map((value) => (Object.is(value, -0) ? '-0' : String(value)));
const micros = (from: string, to: string) =>
  fc.bigInt({ min: BigInt(Date.parse(from)) * 1_000n, max: BigInt(Date.parse(to)) * 1_000n - 1n }).map(timeText);
const json = fc
  .oneof(fc.json(), fc.json({ noUnicodeString: false }), fc.constantFrom('[1.00,1e2,0.1000]', '{"":[{"a":-1.50}]}'))
  // Neither jsonb nor any Postgres text can contain these.
  .filter((text) => !/\\u(?:0000|d[89a-f])/i.test(text));

/** `2026-01-01 00:00:00.000001+00`. */
export function timeText(value: bigint): string {
  const fraction = ((value % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const date = new Date(Number((value - fraction) / 1_000n)).toISOString();
  return `${date.slice(0, 10)} ${date.slice(11, 19)}.${String(fraction).padStart(6, '0')}+00`;
}

/** The normal form of a row: equal for equal values, to the last bit. */
export function meaning({ id, at: time, values: texts }: Row): object {
  const list = texts.v?.replace('{', '[').replace('}', ']') ?? 'null';
  const values = { ...texts, f: texts.f === null ? null : Number(texts.f), t: plainTime(texts.t), v: JSON.parse(list) };
  return { id, at: plainTime(time), values };
}

function plainTime(text: string | null): string | null {
  return (
    text
      ?.replace('T', ' ')
      .replace('Z', '+00')
      .replace(/(?:\.0+|(\.\d*?)0*)\+00$/, '$1+00') ?? null
  );
}

/**
 * The rows with JSON as spelled by jsonb, which keeps digits, but neither spaces nor the order of keys; JSON's null is
 * null.
 */
export async function withJsonbText(world: World, rows: readonly Row[]): Promise<Row[]> {
  const spelled = await world.sql(
    "select nullif(j::jsonb, 'null')::text as j from unnest($1::text[]) with ordinality as u (j, n) order by n",
    [rows.map((row) => row.values.j)],
  );
  return rows.map((row, index) => ({ ...row, values: { ...row.values, ...spelled[index] } }));
}

/** 38 digits, ten of them after the point. */
const decimal = fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }).map((digits) => {
  const text = String(digits).replace('-', '').padStart(11, '0');
  return `${digits < 0n ? '-' : ''}${text.slice(0, -10)}.${text.slice(-10)}`;
});

const values: fc.Arbitrary<Texts> = fc.record({
  f: fc.option(floatText),
  i: fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)),
  d: fc.option(decimal),
  s: fc.option(fc.oneof(unicode, fc.constantFrom('\\N', '\\.', '\t', '\r\n', '""', ' '))),
  b: fc.option(fc.boolean().map(String)),
  j: fc.option(json),
  t: fc.option(micros('0001-01-01', '9999-12-31')),
  v: fc.option(fc.tuple(floatText, floatText, floatText).map((list) => `[${list.join(',')}]`)),
});

/** Any row of the first day of 2026. */
export const anyRow: fc.Arbitrary<Row> = fc.record({
  id: unicode.filter((id) => !/\p{Cc}/u.test(id)),
  at: micros('2026-01-01', '2026-01-02'),
  values,
});
